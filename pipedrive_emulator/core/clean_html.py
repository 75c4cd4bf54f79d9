"""Notes are HTML: what of it is kept, and how it reads without any."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

ALLOWED = frozenset(
    "a b blockquote br div em h1 h2 h3 i img li ol p pre s span strong table tbody td th thead tr u ul".split()
)
_GONE = frozenset({"script", "style", "iframe", "object", "embed", "form"})
_BLOCKS = frozenset({"br", "div", "p", "li", "tr", "h1", "h2", "h3", "blockquote"})
_ATTRIBUTES = frozenset({"href", "src", "alt", "title"})


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.text: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _GONE:
            self._inside += tag not in {"embed"}
        if tag in _BLOCKS and self.text:
            self.text.append("\n")
        if tag not in ALLOWED or self._inside:
            return
        safe = [(name, value or "") for name, value in attrs if name in _ATTRIBUTES]
        safe = [(name, value) for name, value in safe if "script:" not in value.lower().replace(" ", "")]
        self.kept.append(f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in safe) + ">")

    def handle_endtag(self, tag: str) -> None:
        if tag in _GONE:
            self._inside = max(0, self._inside - 1)
        elif tag in ALLOWED and tag not in {"br", "img"} and not self._inside:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.kept.append(escape(data, quote=False))
            self.text.append(data)


def _read(html: str) -> _Cleaner:
    cleaner = _Cleaner()
    cleaner.feed(html)
    cleaner.close()
    return cleaner


def sanitised(html: str) -> str:
    """Return the HTML of a note without anything that runs."""
    return "".join(_read(html).kept)


def as_text(html: str) -> str:
    """Return what a note says, without its HTML."""
    return "".join(_read(html).text).strip()
