"""Every kind of timeline entry: it reads well, and an erasure takes every person out of it."""

import re
from pathlib import Path

import pytest

from deals.timeline import entry_types, timeline_line, without_personal

ROOT = Path(__file__).resolve().parents[2]
PERSON = "Quinn Quill"
# Data with a person in every place where one can stand.
DATA = {
    "title": PERSON, "to": PERSON, "reason": PERSON, "number": "1067", "qbo_id": "7", "realm": "1",
    "currency": "USD", "amount": "100", "balance": "0", "due": "2026-10-01", "name": "Desk",
    "changes": [{"field": "person", "before": PERSON, "after": PERSON}],
}  # fmt: skip
MOVED = {"before": "100", "after": "200"}


def data_of(kind: str) -> dict[str, object]:
    named = {"name": PERSON} if kind.startswith("customer.") else {}
    return {**DATA, **({} if kind in ("deal.changed", "line.changed") else MOVED), **named}


@pytest.mark.parametrize("kind", entry_types())
def test_each_reads_and_an_erasure_leaves_a_sentence_without_the_person(kind):
    for data in (data_of(kind), without_personal(kind, data_of(kind))):
        line = timeline_line(kind, data)
        assert "".join(text for text, _link in line.pieces).strip()
        assert "%(" not in repr(line)
    assert PERSON not in repr(line) + repr(data)


def test_nothing_is_left_of_a_kind_that_nobody_knows():
    assert without_personal("gone.kind", dict(DATA)) == {}


def test_every_kind_that_is_written_is_known():
    sources = [*ROOT.glob("deals/**/*.py"), *ROOT.glob("quickbooks_bridge/**/*.py")]
    fields = {"deal.title"}
    written = {
        kind
        for source in sources
        # There such names are paths to fields.
        if source.name != "api_serializers.py"
        for kind in re.findall(r'"((?:deal|line|invoice|customer)\.[a-z_]+)"', source.read_text())
    }
    assert len(written) > 15
    assert written - fields <= set(entry_types())
