"""Addresses and names as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.matching import name_key
from quickbooks_bridge.domain.payloads import safe_display_name
from quickbooks_bridge.domain.texts import comparable, is_email, tidy_emails, visible

LISTS = [
    ("a@b.co,c@d.co,", "a@b.co, c@d.co"),
    ("a@b.co; c@d.co", "a@b.co, c@d.co"),
    ("a@b.co\nc@d.co\n", "a@b.co, c@d.co"),
    ("a@b.co c@d.co", "a@b.co, c@d.co"),
    ("Jo <a@b.co>", "a@b.co"),
    ('"Quill, Jo" <a@b.co>', "a@b.co"),
    ("Jo <a@b.co>, Bo <c@d.co>", "a@b.co, c@d.co"),
    ("a@b.co, a@b.co", "a@b.co"),
    ("a@b.co\u200b", "a@b.co"),
    ("\ufeffa@b.co\u202c", "a@b.co"),
    ("a@b\u00fccher.de", "a@xn--bcher-kva.de"),
    ("siobhan.o'brien@x.com", "siobhan.o'brien@x.com"),
    ("no address", "no address"),
    ("", ""),
    (" , ; ", ""),
]


@pytest.mark.parametrize(("typed", "tidied"), LISTS, ids=range(len(LISTS)))
def test_lists_are_tidied_however_they_are_written(typed, tidied):
    assert tidy_emails(typed) == tidied


@pytest.mark.parametrize(
    "text", ["siobhan.o'brien@x.com", "a+b@x.co.uk", "a@b.co", "x_y-z@sub.quill.example"]
)
def test_addresses_by_the_grammar_are_taken(text):
    assert is_email(text)


@pytest.mark.parametrize(
    "text", ["a..b@x.com", ".a@x.com", "a.@x.com", "a@b", "a@b.co\u200b", "@x.com", "a b@x.com", "\u00e9@x.com", "a" * 96 + "@b.co", "a@x..com"]
)  # fmt: skip
def test_what_quickbooks_would_refuse_or_choke_on_later_is_refused(text):
    assert not is_email(text)


@given(st.text())
def test_tidying_twice_changes_nothing_more(text):
    assert tidy_emails(tidy_emails(text)) == tidy_emails(text)


@pytest.mark.parametrize(
    "name", ["Acme\u200b", "ACME", " acme ", "\uff21\uff43\uff4d\uff45", "Ac\u00adme", "\u202aAcme\u202c"]
)
def test_names_that_look_alike_are_the_same_name(name):
    assert comparable(name) == comparable("Acme") == name_key(name)


def test_joiners_of_a_persian_name_are_sent_and_do_not_count():
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert visible(name) == safe_display_name(name) == name
    assert comparable(name) == comparable(name.replace("\u200c", ""))


def test_unseen_signs_are_not_sent_in_a_name():
    assert safe_display_name("Acme\u200b\ufeff Ltd") == "Acme Ltd"
