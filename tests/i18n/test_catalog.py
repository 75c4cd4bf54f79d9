"""The Norwegian catalog says everything that the product says, and templates say nothing past it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import mofile
from babel.messages.catalog import Catalog, Message
from django.forms import BaseForm
from django.urls import get_resolver
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, override, pgettext

from crm_invoicing.catalogs import compiled_catalogs
from tests.i18n.extraction import (
    KEYWORDS,
    PO,
    ROOT,
    SOURCES,
    Found,
    Key,
    catalog,
    extracted,
    files,
    translations,
)

PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd%]|\{[a-z_0-9]*\}")
TAG = re.compile(r"</?[a-z][^>]*>")
# What is written the same in both languages although it is more than one word.
SAME = {
    "%(field)s: %(before)s → %(after)s", "%(count)s, %(days)s", "%(known)s %(why)s", "%(said)s %(again)s", "%(otherwise)s %(again)s",
}  # fmt: skip


@pytest.fixture(scope="module")
def known() -> Catalog:
    return catalog()


@pytest.fixture(scope="module")
def said() -> dict[Key, Found]:
    return extracted()


def pairs(known: Catalog) -> Iterator[tuple[str, str]]:
    """Return every form of every message beside its translation."""
    for message in known:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        strings = (message.string,) if isinstance(message.string, str) else (message.string or ())
        yield from zip(ids, strings, strict=False)


def messages(known: Catalog) -> Iterator[Message]:
    return (message for message in known if message.id)


def test_everything_that_is_said_is_translated(known, said):
    """`python -m tests.i18n.extraction` lists what is missing and takes out what nobody says any more."""
    there = translations(known)
    assert "\n".join(key[1] for key in said if not all(there.get(key, ("",)))) == ""
    assert "\n".join(key[1] for key in there if key not in said) == ""
    assert [message.id for message in known if message.id and message.fuzzy] == []
    assert [message.id for message in known.obsolete.values()] == []


def test_a_plural_has_both_forms(known, said):
    there = translations(known)
    assert [key for key, found in said.items() if len(there.get(key, ())) != (2 if found.plural else 1)] == []
    plurals = {message.id[1] for message in messages(known) if not isinstance(message.id, str)}
    assert plurals == {found.plural for found in said.values() if found.plural}


def test_placeholders_and_tags_are_the_same(known):
    for pattern in (PLACEHOLDER, TAG):
        different = [
            (one, other)
            for one, other in pairs(known)
            if sorted(pattern.findall(one)) != sorted(pattern.findall(other))
        ]
        assert different == []


def test_a_sentence_ends_as_it_ends_in_english(known):
    ends = (".", ":", "?", "…")
    assert [
        (one, other)
        for one, other in pairs(known)
        if one[-1:] != other[-1:] and (one.endswith(ends) or other.endswith(ends)) and one not in {"pieces"}
    ] == []


def test_nothing_is_left_in_english(known):
    same = {
        one
        for one, other in pairs(known)
        if one == other and " " in TAG.sub("", PLACEHOLDER.sub("", one)).strip()
    }
    assert same - SAME == set()
    assert [other for _one, other in pairs(known) if re.search("[“”]|\\.\\.\\.| …|  ", other)] == []


PRODUCTS = {"CRM invoicing", "· CRM invoicing", "QuickBooks", "Pipedrive", "CRM", "Enter", "Ctrl", "Esc", "Alt", "intuit_tid", "CSV"}  # fmt: skip
SAYING = re.compile(r"\b(?:aria-label|aria-description|title|placeholder|alt|label)=(\"[^\"]*\"|'[^']*')")
# Blocks that fill an attribute of the page around them, not its text.
ATTRIBUTE_BLOCKS = re.compile(
    r"{% block (?:body_class|action|\w+_attributes|\w+_class) %}[^{]*{% endblock %}"
)


def _bare(path: Path) -> str:
    """Return a template without what is translated, what is code, and what is no text."""
    text = path.read_text()
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%\s*blocktrans(late)?\b.*?endblocktrans(late)?\s*%}", "", text, flags=re.S)
    text = re.sub(r"<(script|style)\b[^>]*>.*?</\1>|<!--.*?-->", "", text, flags=re.S)
    text = ATTRIBUTE_BLOCKS.sub("", text)
    return re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "\0", text, flags=re.S)


def test_templates_say_nothing_past_the_catalog():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        bare = _bare(path)
        said = [words[1:-1] for words in SAYING.findall(bare)]
        said += re.split("[\0\1]", re.sub(r"<[^>]*>", "\1", bare))
        for words in (" ".join(one.replace("\0", " ").split()) for one in said):
            if re.search(r"[^\W\d_]{2}", words) and words not in PRODUCTS and not words.endswith('="'):
                found.append(f"{path.relative_to(ROOT)}: {words[:80]}")
    assert found == []


def _forms(base: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _forms(kind)


def test_labels_of_forms_are_no_names_of_columns():
    """A form of a model takes its columns' names for labels, in English, where nobody says others."""
    get_resolver().url_patterns  # noqa: B018 - loads every view and with it every form
    # These get their labels with their choices, and hidden fields have none.
    without = ("_qbo_id", "version")
    assert [
        f"{kind.__module__}.{kind.__name__}.{name}"
        for kind in _forms()
        if kind.__module__.split(".")[0] in SOURCES
        for name, form_field in kind.base_fields.items()
        if not isinstance(form_field.label, Promise) and not name.endswith(without)
    ] == []


def _at_import(node: ast.AST, names: set[str]) -> Iterator[int]:
    """Return the lines that translate while a module is loaded, when nobody reads yet."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in names:
            yield child.lineno
        yield from _at_import(child, names)


def test_nothing_is_translated_before_somebody_reads():
    """Outside of functions only lazy translations follow the reader; others would stay in English for all."""
    found = []
    for path in (path for path in files() if path.suffix == ".py"):
        tree = ast.parse(path.read_text())
        names = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
            for alias in node.names
            if not alias.name.endswith(("_lazy", "_noop")) and alias.name in KEYWORDS
        }
        found += [f"{path.relative_to(ROOT)}:{line}" for line in _at_import(tree, names)]
    assert found == []


def test_scripts_say_nothing_themselves():
    """What a script shows comes from the page: from a template, or from a data attribute."""
    sentence = re.compile(r"[\"'`][A-Z][a-z’]+ [a-z’]+ [^\"'`]*[\"'`]")
    assert [
        f"{path.name}: {line.strip()}"
        for path in sorted((ROOT / "static/js").glob("*.js"))
        for line in path.read_text().splitlines()
        if sentence.search(line) and not line.lstrip().startswith(("//", "*", "/*"))
    ] == []


def test_catalogs_are_compiled_once_and_where_it_may_be_written(tmp_path):
    folder = Path(compiled_catalogs(ROOT / "locale", tmp_path))
    compiled = folder / "nb/LC_MESSAGES/django.mo"
    assert folder.is_relative_to(tmp_path)
    made = compiled.stat().st_mtime_ns
    with compiled.open("rb") as file:
        assert len(mofile.read_mo(file)) == len(catalog())
    assert Path(compiled_catalogs(ROOT / "locale", tmp_path)) == folder
    assert compiled.stat().st_mtime_ns == made
    (tmp_path / "file").touch()
    elsewhere = Path(compiled_catalogs(ROOT / "locale", tmp_path / "file"))
    assert (elsewhere / "nb/LC_MESSAGES/django.mo").read_bytes() == compiled.read_bytes()


def test_another_content_is_compiled_anew(tmp_path):
    source = tmp_path / "locale/nb/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO.read_text())
    before = compiled_catalogs(tmp_path / "locale", tmp_path)
    source.write_text(PO.read_text().replace('msgstr "Faktura"', 'msgstr "Regning"'))
    after = compiled_catalogs(tmp_path / "locale", tmp_path)
    assert before != after
    with (Path(after) / "nb/LC_MESSAGES/django.mo").open("rb") as file:
        found = mofile.read_mo(file).get("Invoice")
    assert found is not None
    assert found.string == "Regning"


def test_django_says_it():
    with override("nb"):
        assert gettext("Invoice") == "Faktura"
        assert ngettext("%(n)s invoice", "%(n)s invoices", 1) == "%(n)s faktura"
        assert ngettext("%(n)s invoice", "%(n)s invoices", 2) == "%(n)s fakturaer"
        assert pgettext("share of an invoice", "paid") == "betalt"
        # The singular of a plural, said alone.
        assert gettext("Not confirmed yet – checking") == "Ikke bekreftet ennå – sjekkes"
