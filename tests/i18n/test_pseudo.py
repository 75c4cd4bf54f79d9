"""Pseudo-languages keep what a sentence needs, and every page is all theirs."""

import pytest

from tests.i18n.pseudo import GROWTH, pseudo


@pytest.mark.parametrize(
    "text",
    [
        "Invoice",
        "Invoice %(n)s was paid: %(a)s",
        "Made {0} of {name}",
        "%(n)s%%",
        "<strong>%(used)s</strong> of %(allowed)s",
    ],
)
def test_a_sentence_is_longer_and_still_takes_its_values(text):
    said = pseudo(text)
    assert said.startswith("[!!! ")
    assert said.endswith(" !!!]")
    assert len(said) >= len(text) * (1 + GROWTH)
    values = dict.fromkeys(("n", "a", "used", "allowed", "name"), "5")
    if "%" in text:
        assert said % values
    assert said.count("<strong>") == text.count("<strong>")
    assert "\u202e" in pseudo(text, is_mirrored=True)


def test_nothing_stays_nothing():
    assert pseudo("") == ""
