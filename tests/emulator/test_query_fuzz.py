"""The query language in full: what is read how, its bounds, and that nothing typed ever breaks the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.json_codec import decode, encode
from qbo_emulator.query.run import answer
from qbo_emulator.seed.build import open_company

NOW = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
PIECES = [
    *"select * from where and or not like in order orderby by asc desc startposition maxresults".split(" "),
    *"count(*) count ( ) , . * = != <> < > <= >= between contains iterator current_date true false".split(
        " "
    ),
    *("Customer", "Invoice", "Item", "TaxCode", "Preferences", "CompanyInfo", "Nonsense"),
    *("Id", "DisplayName", "Active", "TxnDate", "TotalAmt", "MetaData.LastUpdatedTime", "CustomerRef", "Sku"),
    *(
        "'1'",
        "1",
        "-1",
        "1.5",
        "''",
        "' '",
        "'%a%'",
        r"'O\'Neil'",
        r"'\\'",
        "'²'",
        "'0001-01-01T00:00:00+14:00'",
    ),
    *(
        "'9999-12-31'",
        "'2026-02-30'",
        "99999999999999999999999",
        "'",
        "\\",
        '"',
        "\n",
        "\x00",
        "😀",
        ";",
        "--",
    ),
]
texts = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60)


@pytest.fixture(scope="module")
def company() -> Company:
    return open_company("us", 1, NOW)


def _refusal(company: Company, text: str) -> tuple[str, str]:
    with pytest.raises(Fault) as refused:
        answer(company, text, NOW)
    return refused.value.code, refused.value.detail


def _outcome(text: str) -> tuple[str, dict[str, Any]]:
    """How a query ended: `answered` with what, or the code it was refused with."""
    try:
        found = answer(COMPANY, text, NOW)
    except Fault as fault:
        encode(fault.doc()).encode("utf-8", "surrogatepass")
        return fault.code, {}
    encode(found).encode()
    return "answered", found


def _answer(company: Company, text: str) -> dict[str, Any]:
    found: dict[str, Any] = decode(encode(answer(company, text, NOW)))
    return found


@settings(max_examples=1500, deadline=None)
@given(texts)
def test_any_text_is_answered_or_refused_by_the_parser(text: str) -> None:
    assert _outcome(text)[0] in {"answered", "4000", "4001"}


COMPANY = open_company("us-2", 1, NOW)
NAMES = [
    (kind, name)
    for kind in ("Customer", "Invoice", "Item", "Payment")
    for name in ENTITY_TYPES[kind].queryable
]


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "LIKE"]),
    st.sampled_from(
        ["1", "' '", "'x'", "'%'", "true", "'2026-01-01'", "'2026-01-01T00:00:00-08:00'", "-0.5"]
    ),
    st.sampled_from(["", " ORDERBY {} DESC", " ORDER BY {}, Id", " MAXRESULTS 3 STARTPOSITION 2"]),
)
def test_every_property_can_be_compared_and_ordered_by(
    named: tuple[str, str], operator: str, value: str, tail: str
) -> None:
    kind, name = named
    text = f"SELECT * FROM {kind} WHERE {name} {operator} {value}{tail.format(name)}"
    outcome, found = _outcome(text)
    assert outcome in {"answered", "4001"}
    assert not found or found["maxResults"] == len(found[kind]) > 0


def test_paging_either_way_round_and_its_bounds(company: Company) -> None:
    first = _answer(company, "select * from Item startposition 3 maxresults 2")
    assert first == _answer(company, "select * from Item maxresults 2 startposition 3")
    assert (first["startPosition"], first["maxResults"]) == (3, 2)
    assert len(_answer(company, "select * from Customer")["Customer"]) <= 100
    for tail, said in (
        ("STARTPOSITION 0", "value 0 is too small. Min allowed value is 1"),
        ("STARTPOSITION -3", "value -3 is too small. Min allowed value is 1"),
        ("MAXRESULTS 0", "value 0 is too small. Min allowed value is 1"),
        ("MAXRESULTS 1001", "value 1001 is too large. Max allowed value is 1000"),
    ):
        assert _refusal(company, f"select * from Item {tail}") == ("4001", f"QueryValidationError: {said}")
    for number in ("1.5", "9" * 5000, "'²'"):
        assert _refusal(company, f"select * from Item MAXRESULTS {number}")[0] == "4000"


def test_several_sort_keys_count_in_their_order(company: Company) -> None:
    rows = _answer(company, "select * from Invoice order by CustomerRef, TotalAmt desc maxresults 1000")[
        "Invoice"
    ]
    keys = [(row["CustomerRef"]["value"], -row["TotalAmt"]) for row in rows]
    assert len(rows) > 50
    ids = list(dict.fromkeys(customer for customer, _ in keys))
    assert len(ids) == len({customer for customer, _ in keys})
    for customer in ids:
        amounts = [amount for owner, amount in keys if owner == customer]
        assert amounts == sorted(amounts)


def test_what_the_grammar_knows_but_the_service_does_not(company: Company) -> None:
    code, _ = _refusal(company, "select * from Invoice where TotalAmt between '1' and '5'")
    assert code == "4001"
    for text in (
        "select * from Customer where DisplayName = 'a' or DisplayName = 'b'",
        "select * from Customer where not Active = true",
        "select * from Customer where DisplayName contains 'a'",
        "select DisplayName as name from Customer",
        "select * from Customer, Vendor",
        "select * from Customer;",
        'select * from Customer where DisplayName = "Acme"',
        "delete from Customer",
        "",
    ):
        assert _refusal(company, text)[0] == "4000"


def test_id_is_asked_for_by_equality_only(company: Company) -> None:
    rows = _answer(company, "select * from Customer where Id in ('3', '1', '2')")["Customer"]
    assert {row["Id"] for row in rows} == {"1", "2", "3"}
    assert _refusal(company, "select * from Customer where Id > '3'")[0] == "4001"


def test_token_list_of_the_parser_is_the_recorded_one(company: Company) -> None:
    _, detail = _refusal(company, "Select * from Customer Where DisplayName>test@x")
    expected = detail.partition("one of:\n")[2].split("\n")
    assert [line.strip() for line in expected][:3] == ["<EOF>", '"." ...', "<AND> ..."]
    assert [line.strip() for line in expected][-9:] == [
        '"startposition" ...', *['"=" ...', '"!=" ...'] * 3, '"." ...', "",
    ]  # fmt: skip


def test_backslash_and_quote_are_escaped_by_a_backslash(company: Company) -> None:
    assert (
        _answer(company, r"select * from Customer where DisplayName = 'O\'Neil Surveying'")["maxResults"] == 1
    )
    assert _answer(company, r"select * from Customer where DisplayName = 'a\\b'") == {}
    assert _refusal(company, r"select * from Customer where DisplayName = 'a\'")[0] == "4000"


def test_current_date_is_the_companys_day(company: Company) -> None:
    today = company.today(NOW).isoformat()
    by_name = answer(company, "select count(*) from Invoice where DueDate < CURRENT_DATE", NOW)
    assert by_name == answer(company, f"select count(*) from Invoice where DueDate < '{today}'", NOW)
    assert by_name["totalCount"] > 0


def test_plus_of_an_offset_may_arrive_as_a_space(company: Company) -> None:
    sent = "select count(*) from Invoice where MetaData.LastUpdatedTime > '2026-02-01T00:00:00{}02:00'"
    assert answer(company, sent.format(" "), NOW) == answer(company, sent.format("+"), NOW)


def test_inactive_rows_show_only_when_asked_for(company: Company) -> None:
    every = _answer(company, "select count(*) from Customer where Active in (true, false)")["totalCount"]
    active = _answer(company, "select count(*) from Customer")["totalCount"]
    inactive = _answer(company, "select count(*) from Customer where Active = false")["totalCount"]
    assert every == active + inactive
    assert inactive > 0
