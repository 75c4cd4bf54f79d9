"""What the product says, found without GNU gettext: `python -m tests.i18n.extraction` brings the .po up to date."""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
PO = ROOT / "locale/nb/LC_MESSAGES/django.po"
SOURCES = ("crm_invoicing", "deals", "quickbooks_bridge", "templates")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
HEADER = "# Norwegian Bokmål. The words to use are in docs/norwegian.md.\n#"
# A message is known by its context and its singular.
Key = tuple[str | None, str]


@dataclass
class Found:
    """Where a message stands, and its plural where it has one."""

    plural: str = ""
    places: list[str] = field(default_factory=list)


def files() -> Iterator[Path]:
    """Return every file whose words people read."""
    for base in SOURCES:
        for path in sorted((ROOT / base).rglob("*")):
            wanted = path.suffix in ({".html", ".txt"} if base == "templates" else {".py"})
            if wanted and not {"node_modules", "migrations"} & set(path.parts):
                yield path


def _python(path: Path) -> bytes:
    """Return a file as Python that calls gettext, the way Django reads templates."""
    text = path.read_text()
    # In brackets, so that the lines of a template may stand where they like.
    return (text if path.suffix == ".py" else f"({templatize(text, origin=str(path))})").encode()


def extracted() -> dict[Key, Found]:
    """Return everything that is to be translated."""
    found: dict[Key, Found] = {}
    for path in files():
        name = str(path.relative_to(ROOT))
        said = extract("python", io.BytesIO(_python(path)), KEYWORDS, options={"encoding": "utf-8"})
        for _line, message, _comments, context in said:
            one, many = (message, "") if isinstance(message, str) else (message[0], message[1])
            one_found = found.setdefault((context, one), Found())
            # gettext takes the singular of a plural where it is said alone.
            one_found.plural = one_found.plural or many
            if name not in one_found.places:
                one_found.places.append(name)
    return found


def catalog(path: Path = PO) -> Catalog:
    """Return the catalog as it lies in the repository."""
    with path.open("rb") as file:
        return pofile.read_po(file, locale="nb", abort_invalid=True)


def translations(known: Catalog) -> dict[Key, tuple[str, ...]]:
    """Return the translations of a catalog."""
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in known
        if message.id
    }


def write(said: dict[Key, tuple[str, ...]], path: Path = PO) -> list[str]:
    """Write the catalog with what the sources say, in their order; return what has no translation yet."""
    made = Catalog(locale="nb", header_comment=HEADER, charset="utf-8", fuzzy=False)
    lacking = []
    for (context, one), place in extracted().items():
        many = place.plural
        strings = said.get((context, one), ())
        if not all(strings) or len(strings) != (2 if many else 1):
            lacking.append(one)
            strings = ("", "") if many else ("",)
        made.add(
            (one, many) if many else one,
            strings if many else strings[0],
            locations=[(name, 0) for name in place.places],
            context=context,
        )
    buffer = io.BytesIO()
    pofile.write_po(buffer, made, width=0, omit_header=True, include_lineno=False)
    head = (
        f"{HEADER}\n"
        'msgid ""\nmsgstr ""\n"Language: nb\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + buffer.getvalue().decode().strip() + "\n")
    return lacking


def main() -> int:
    """Bring the catalog up to date; 1 when something waits for its translation."""
    lacking = write(translations(catalog()))
    print("\n".join(lacking) or "Everything is translated.")
    return bool(lacking)


if __name__ == "__main__":
    sys.exit(main())
