"""Languages that nobody speaks: every string longer and accented, from left to right and the other way.

What stays in plain English on a page passed gettext by; what breaks would break in German or Hebrew too.
"""

import re
from pathlib import Path

from babel.messages import mofile
from babel.messages.catalog import Catalog

from tests.i18n.extraction import extracted

# Codes that locale data know as these very pseudo-languages.
LONG, MIRRORED = "en-xa", "ar-xb"
LANGUAGES = [("en", "English"), (LONG, "Ļôñĝ"), (MIRRORED, "Mîrrôrêd")]
GROWTH = 0.4
_KEPT = re.compile(r"(%\([a-z_]+\)[sd]|%[sd%]|\{[a-z_0-9]*\}|<[^>]+>)")
_ACCENTS = str.maketrans(
    "AaBbCcDdEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz", "ÅåƁƀÇçĐđÊêĜĝĤĥÎîĴĵĶķĻļÑñÔôŔŕŠšŢţÛûŴŵÝýŽž"
)


def pseudo(text: str, *, is_mirrored: bool = False) -> str:
    """Return a text as a pseudo-language says it: 40 % longer, accented, its placeholders and tags untouched."""
    if not text:
        return text
    parts = _KEPT.split(text)
    said = "".join(part if at % 2 else part.translate(_ACCENTS) for at, part in enumerate(parts))
    plain = sum(len(part) for part in parts[::2])
    # Short words grow most in other languages, and long words do not break.
    more = " ".join(["~" * min(6, plain)] * max(1, round(len(text) * GROWTH / 7)))
    # The mark makes the letters themselves run from right to left.
    mark = ("\u202e", "\u202c") if is_mirrored else ("", "")
    return f"{mark[0]}[!!! {said} {more} !!!]{mark[1]}"


def write_pseudo(folder: Path) -> Path:
    """Write both pseudo-languages, compiled, into a folder for LOCALE_PATHS."""
    for code in (LONG, MIRRORED):
        name = code[:3].replace("-", "_") + code[3:].upper()
        made = Catalog(locale="en", charset="utf-8")
        for (context, one), found in extracted().items():
            forms = (one, found.plural) if found.plural else (one,)
            strings = tuple(pseudo(form, is_mirrored=code == MIRRORED) for form in forms)
            made.add(forms if found.plural else one, strings if found.plural else strings[0], context=context)
        target = folder / name / "LC_MESSAGES"
        target.mkdir(parents=True)
        with (target / "django.mo").open("wb") as file:
            mofile.write_mo(file, made)
    return folder
