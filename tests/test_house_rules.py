"""The house's own linter: good lines pass, bad ones are named."""

import ast

import pytest

from .house_rules import broken, dialect, docstrings, owned, same_names, too_long


@pytest.mark.parametrize(
    "line",
    [
        "an unknown announcement is counted", "changes that were announced", "Opening the pretend QuickBooks",
        "parked = 3", "everything is caught up", "the first load", "3 companies not in step", "the next sweep",
        "how to mend it", "Whose turn it is", "an invoice that was given up", "The refusal was put aside.",
    ],
)  # fmt: skip
def test_words_of_our_own_are_named(line):
    assert list(dialect(line))


@pytest.mark.parametrize(
    "line",
    [
        "export function announce(message)", "amend the row", "the webhook event", "a recommendation",
        "a tax step in the form", "sweeping", "give up the older connection", "pretending",
    ],
)  # fmt: skip
def test_ordinary_words_are_not(line):
    assert list(dialect(line)) == []


def test_docstrings_say_return():
    bad = ast.parse('def f():\n    """Give the rows."""\n\ndef g():\n    """Tell whether it is."""\n')
    good = ast.parse('def f():\n    """Return the rows."""\n\nclass Given:\n    """Given once."""\n')
    assert [line for line, _what in docstrings(bad)] == [1, 4]
    assert list(docstrings(good)) == []


def test_one_class_name_stands_for_one_thing():
    assert list(same_names([("A", "x.py"), ("B", "y.py"), ("Command", "c.py"), ("Command", "d.py")])) == []
    assert list(same_names([("A", "x.py"), ("A", "y.py")])) == ["y.py: class A exists already in x.py"]


def test_sql_and_timeline_entries_are_written_in_their_rooms():
    good = (
        ("quickbooks_bridge/db/upsert.py", "with connection.cursor() as cursor:"),
        ("deals/services.py", "TimelineEntry.objects.bulk_create(rows)"),
        ("quickbooks_bridge/deal_page/panel_data.py", "TimelineEntry.objects.filter(deal=deal)"),
        ("deals/list_extensions.py", "the cursor moves"),
    )
    bad = (
        ("quickbooks_bridge/services/sync/batch.py", "with connection.cursor() as cursor:"),
        ("quickbooks_bridge/selectors/deals.py", "Connection.objects.raw(text)"),
        ("quickbooks_bridge/services/mirror/events.py", "TimelineEntry.objects.create(deal=deal)"),
    )
    assert [list(owned(*pair)) for pair in good] == [[]] * len(good)
    assert all(list(owned(*pair)) for pair in bad)


def test_lines_of_templates_are_short_unless_a_sentence_stands_in_them():
    assert too_long("<p>" + "x" * 160)
    assert not too_long("<p>" + "x" * 100)
    assert not too_long('{% trans "' + "x" * 160)


def test_the_house_keeps_them():
    assert list(broken()) == []
