"""The template tags: what they write, and that nothing typed by people becomes markup."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

NBSP = "\u00a0"


def draw(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("en", "{% money amount 'USD' %}", "$1,234.50"),
        ("en", "{% money amount 'CAD' %}", "CA$1,234.50"),
        ("nb", "{% money amount 'NOK' %}", f"1{NBSP}234,50{NBSP}kr"),
        ("en", "{% money none 'USD' %}", "–"),
        ("en", "{% money_plain amount 'USD' %}", "1,234.50"),
        ("en", "{% day when %}", "Mar 13, 2026"),
        ("en", "{% day none %}", "–"),
        ("en", "{% initials 'Marlow Dental Group' %}", "MD"),
        ("en", "{% initials '' %}", "?"),
    ],
)
def test_values_are_written_as_the_language_writes_them(language, source, expected):
    with translation.override(language):
        values = {"amount": Decimal("1234.5"), "when": date(2026, 3, 13), "none": None}
        assert draw(source, **values) == expected


@pytest.mark.parametrize(
    ("language", "this_year", "another"),
    [("en", "Mar 13", "Mar 13, 2025"), ("nb", "13. mars", "13. mars 2025"), ("de", "13. März", "13.03.2025")],
)
def test_a_short_day_leaves_only_this_year_out(monkeypatch, language, this_year, another):
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 12, 31))
    with translation.override(language):
        assert draw("{% day when 'short' %}", when=date(2026, 3, 13)) == this_year
        assert draw("{% day when 'short' %}", when=date(2025, 3, 13)) == another


def test_a_moment_of_another_year_names_it(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 1, 1))
    assert draw("{% moment at 'UTC' %}", at=datetime(2025, 12, 31, 9, 5, tzinfo=UTC)) == "Dec 31, 2025, 09:05"


def test_moments_are_told_in_the_zone_of_the_company(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 12, 31))
    instant = datetime(2026, 3, 13, 14, 41, tzinfo=UTC)
    assert draw("{% moment at zone %}", at=instant, zone=ZoneInfo("America/Chicago")) == "Mar 13, 09:41"
    assert draw("{% clock at zone %}", at=instant, zone="America/Chicago") == "09:41"


def test_pairs_give_every_entry_even_one_that_is_called_items():
    source = "{% for name, count in found|pairs %}{{ name }}={{ count }} {% endfor %}"
    assert draw(source, found={"items": 412, "customers": 7}) == "items=412 customers=7 "


def test_highlight_marks_hits_and_escapes_the_rest():
    drawn = draw("{% highlight text query %}", text='<b>Dental</b> & "dent"', query="dent <b>")
    assert drawn.lower().count("<mark>dent</mark>") == 2
    assert "<b>" not in drawn.replace("<mark>", "").replace("</mark>", "")
    assert "&amp;" in drawn


def test_highlight_without_a_query_only_escapes():
    assert draw("{% highlight text query %}", text="<i>", query="") == "&lt;i&gt;"


def test_query_string_replaces_and_removes():
    request = RequestFactory().get("/", {"q": "a b", "page": "3", "stage": "2"})
    assert draw("{% qs page=None stage=4 %}", request=request) == "?q=a+b&amp;stage=4"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("open", "Open"),
        ("partially_paid", "Partially paid"),
        ("paid", "Paid"),
        ("overdue", "Overdue"),
        ("voided", "Voided"),
        ("deleted", "Deleted"),
        ("unconfirmed", "Not confirmed"),
    ],
)
def test_every_flag_has_its_word_and_a_shape_hidden_from_screen_readers(code, word):
    drawn = draw("{% status_flag code %}", code=code)
    assert f"flag-{code}" in drawn
    assert f"</svg>{word}</span>" in drawn
    assert 'aria-hidden="true"' in drawn


def test_flags_differ_in_shape_not_only_in_colour():
    codes = ["open", "partially_paid", "paid", "overdue", "voided", "deleted", "unconfirmed"]
    shapes = {draw("{% status_flag code label='x' %}", code=code).partition("<svg")[2] for code in codes}
    assert len(shapes) == len(codes)


@dataclass(frozen=True)
class Segment:
    kind: str
    share: Decimal


def test_bar_says_its_meaning_in_words_and_leaves_the_rest_hollow():
    segments = [Segment("paid", Decimal("42.8")), Segment("overdue", Decimal(20)), Segment("due", Decimal(0))]
    drawn = draw("{% share_bar segments 'Paid 42.8%' %}", segments=segments)
    assert 'role="img" aria-label="Paid 42.8%"' in drawn
    assert 'class="bar-paid" width="42.8%"' in drawn
    assert 'class="bar-left" width="37.2%"' in drawn
    assert "bar-due" not in drawn


def test_bar_never_grows_beyond_the_whole():
    segments = [Segment("paid", Decimal(80)), Segment("due", Decimal(80))]
    drawn = draw("{% share_bar segments 'x' %}", segments=segments)
    assert 'class="bar-due" width="20%"' in drawn
    assert "bar-left" not in drawn


def test_refusals_are_spoken_at_once_and_texts_are_escaped():
    source = "{% banner 'refused' title text %}<a href='/'>Choose again</a>{% endbanner %}"
    drawn = draw(source, title="<script>", text="b")
    assert 'role="alert"' in drawn
    assert "&lt;script&gt;" in drawn
    assert "<a href='/'>Choose again</a>" in drawn
    assert 'role="status"' in draw("{% banner 'done' 'a' 'b' %}{% endbanner %}")
