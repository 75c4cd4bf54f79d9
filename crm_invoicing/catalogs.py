"""Languages: translations compiled where they are used, and the names under which browsers ask for them."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf.locale import LANG_INFO

# Each language is named in itself.
LANGUAGES = [("en", "English"), ("nb", "Norsk")]
# All Norwegians read Bokmål; browsers ask for it by these names too.
ALSO_BOKMAL = ("no", "no-no", "nn", "nn-no")


def know_other_names() -> None:
    """Let Django take Bokmål for the other names of Norwegian, which it looks up before it falls back to English."""
    LANG_INFO.update({name: {"fallback": ["nb"]} for name in ALSO_BOKMAL})


def compiled_catalogs(source: Path, data: Path) -> str:
    """Return a folder with the compiled catalogs of `source`, made now unless they were made before.

    It lies in `data`, for the program's own folder may be read-only. Its name is that of the catalogs' content:
    an upgrade never reads what was compiled of another version.
    """
    files = sorted(source.glob("*/LC_MESSAGES/django.po"))
    content = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    try:
        return _compiled(files, source, data / "locale" / content)
    except OSError:
        # Nothing can be kept there: for this process alone, then.
        return _compiled(files, source, Path(tempfile.mkdtemp(prefix="locale-")))


def _compiled(files: list[Path], source: Path, folder: Path) -> str:
    for path in files:
        _compile(path, folder / path.relative_to(source).with_suffix(".mo"))
    return str(folder)


def _make_private(folder: Path) -> None:
    """Make a folder, and those above that are not there, for this user of the machine alone, as all of `DATA_DIR` is."""
    for one in (*reversed(folder.parents), folder):
        if not one.exists():
            one.mkdir(mode=0o700, exist_ok=True)


def _compile(path: Path, target: Path) -> None:
    """Write one compiled catalog, whole or not at all, however many processes begin at once."""
    if os.access(target, os.R_OK):
        return
    from babel.messages import mofile, pofile

    _make_private(target.parent)
    with path.open("rb") as file:
        catalog = pofile.read_po(file, locale=path.parts[-3])
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as made:
        mofile.write_mo(made, catalog)
    os.replace(made.name, target)
