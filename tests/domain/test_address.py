"""An address is taken apart only where its parts are beyond doubt."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.address import (
    Address,
    country_code,
    named,
    parse_address,
    physical_address,
    ship_to,
)
from quickbooks_bridge.domain.due_dates import Terms

AUSTIN = Address(("1 Elm St",), "Austin", "TX", "78701", "US")
READ = [
    ("1 Elm St\nAustin, TX 78701", AUSTIN),
    ("1 Elm St\nAustin TX 78701", AUSTIN),
    ("1 Elm St\nAustin, TX. 78701\nUSA", AUSTIN),
    ("1 Elm St\nAustin, TX 78701\nUnited States", AUSTIN),
    ("1 Elm St\nAustin\nTX 78701", AUSTIN),
    ("1 Elm St, Austin, TX 78701", AUSTIN),
    ("Suite 4\n1 Elm St\nSt. Louis, MO 63101-1234", Address(("Suite 4", "1 Elm St"), "St. Louis", "MO", "63101-1234", "US")),
    ("1 Road\nLondon\nSW1A 1AA\nUnited Kingdom", Address(("1 Road",), "London", "", "SW1A 1AA", "GB")),
    ("Storgata 1\n0155 Oslo\nNorway", Address(("Storgata 1",), "Oslo", "", "0155", "NO")),
    ("1 Road\nLondon SW1A 1AA\nUK", Address(("1 Road",), "London", "", "SW1A 1AA", "GB")),
    ("12 Rue\n75002 Paris\nFrance", Address(("12 Rue",), "Paris", "", "75002", "FR")),
    ("9 King St W\nToronto, ON M5H 1A1\nCanada", Address(("9 King St W",), "Toronto", "ON", "M5H 1A1", "CA")),
    ("1 George St\nSydney NSW 2000\nAustralia", Address(("1 George St",), "Sydney", "NSW", "2000", "AU")),
    ("Dam 1\n1012 JS Amsterdam\nNetherlands", Address(("Dam 1",), "Amsterdam", "", "1012 JS", "NL")),
    ("1600 Pennsylvania", Address(("1600 Pennsylvania",))),
    ("1 Elm St\nAustin", Address(("1 Elm St", "Austin"))),
    ("1 Elm St\nAustin, ZZ 78701", Address(("1 Elm St", "Austin, ZZ 78701"))),
    ("Georgia", Address(("Georgia",))),
    ("", Address()),
]  # fmt: skip


def test_the_companys_own_country_need_not_be_written():
    assert parse_address("Storgata 1\n0155 Oslo", "NO") == Address(("Storgata 1",), "Oslo", "", "0155")
    assert parse_address("Storgata 1\n0155 Oslo", "US") == Address(("Storgata 1", "0155 Oslo"))


@pytest.mark.parametrize(("text", "address"), READ, ids=range(len(READ)))
def test_parts_are_read_where_they_are_written(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(("text", "address"), READ, ids=range(len(READ)))
def test_a_place_is_a_state_with_a_code_or_another_country(text, address):
    assert address.is_place is (bool(address.region) or address.country not in {"", "US"})
    assert (ship_to(text, None) is not None) is address.is_place


def test_address_of_the_customer_counts_only_where_none_is_written():
    assert ship_to("", AUSTIN) == AUSTIN
    assert ship_to("1 Nowhere", AUSTIN) is None
    assert ship_to("", Address(("1 Elm St",))) is None


def test_quickbooks_gets_each_part_in_its_place():
    assert physical_address(named(AUSTIN, "Quill")) == {
        "Line1": "Quill",
        "Line2": "1 Elm St",
        "City": "Austin",
        "CountrySubDivisionCode": "TX",
        "PostalCode": "78701",
        "Country": "US",
    }
    assert named(Address(("Quill", "1 Elm St")), "Quill").lines == ("Quill", "1 Elm St")


@given(st.text())
def test_no_word_of_an_address_is_lost(text):
    address = parse_address(text)
    kept = " ".join((*address.lines, address.city, address.region, address.postal_code))
    if not address.country:
        assert kept.split() == text.split()
    parts = physical_address(address)
    assert all(parts.values())


def test_long_address_keeps_every_line():
    assert physical_address(parse_address("a\nb\n\nc\nd\ne\nf"))["Line5"] == "e, f"


@pytest.mark.parametrize(
    ("name", "code"), [("USA", "US"), ("us", "US"), ("United States", "US"), ("GBR", "GB"), ("Norway", "NO"), ("Texas", ""), ("", "")]
)  # fmt: skip
def test_country_is_known_by_code_and_name(name, code):
    assert country_code(name) == code


DUE = [
    (Terms(30), date(2026, 11, 27), date(2026, 12, 27)),
    (Terms(day_of_month=15), date(2026, 11, 14), date(2026, 11, 15)),
    (Terms(day_of_month=15), date(2026, 11, 16), date(2026, 12, 15)),
    (Terms(day_of_month=15, next_month_days=5), date(2026, 11, 10), date(2026, 11, 15)),
    (Terms(day_of_month=15, next_month_days=5), date(2026, 11, 11), date(2026, 12, 15)),
    (Terms(day_of_month=31, next_month_days=31), date(2026, 11, 27), date(2026, 12, 31)),
    (Terms(day_of_month=31, next_month_days=31), date(2027, 1, 15), date(2027, 2, 28)),
    (Terms(day_of_month=31), date(2026, 12, 31), date(2026, 12, 31)),
    (Terms(day_of_month=1), date(2026, 12, 2), date(2027, 1, 1)),
    (Terms(), date(2026, 12, 2), None),
    (Terms(9999), date(2026, 12, 2), None),
    (Terms(day_of_month=1), date(9999, 12, 2), None),
]


@pytest.mark.parametrize(("terms", "issued", "due"), DUE, ids=range(len(DUE)))
def test_terms_give_the_due_date(terms, issued, due):
    assert terms.due(issued) == due
