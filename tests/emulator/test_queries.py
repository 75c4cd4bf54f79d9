from __future__ import annotations

import pytest

from tests.emulator.client import Api


def _refusal(api: Api, text: str) -> tuple[str, str]:
    answer = api.get("query", query=text)
    assert answer.status_code == 400, answer.text
    error = answer.json()["Fault"]["Error"][0]
    assert list(error) == ["Message", "Detail", "code"]
    return error["code"], error["Detail"]


def test_no_match_and_past_the_end_are_an_empty_object(api: Api) -> None:
    assert api.query("SELECT * FROM Invoice WHERE DocNumber = 'none such'") == {}
    assert api.query("SELECT * FROM Customer STARTPOSITION 5000") == {}


def test_count_has_no_list(api: Api) -> None:
    found = api.query("select count(*) from Customer")
    assert list(found) == ["totalCount"]
    assert found["totalCount"] >= 60


def test_page_says_where_it_starts_and_how_many_it_holds(api: Api) -> None:
    first = api.query("SELECT * FROM Vendor MAXRESULTS 4 STARTPOSITION 1")
    second = api.query("SELECT * FROM Vendor STARTPOSITION 5 MAXRESULTS 4")
    assert list(first) == ["Vendor", "startPosition", "maxResults"]
    assert (first["startPosition"], first["maxResults"]) == (1, 4)
    assert (second["startPosition"], second["maxResults"]) == (5, 4)
    assert not {row["Id"] for row in first["Vendor"]} & {row["Id"] for row in second["Vendor"]}


def test_names_come_alphabetically_and_transactions_newest_change_first(api: Api) -> None:
    names = [row["FullyQualifiedName"].casefold() for row in api.query("SELECT * FROM Customer")["Customer"]]
    assert len(names) > 50
    assert names == sorted(names)
    invoice = api.invoice()
    api.invoice()
    api.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "moved"})
    assert api.query("SELECT * FROM Invoice MAXRESULTS 1")["Invoice"][0]["Id"] == invoice["Id"]


@pytest.mark.parametrize("keyword", ["ORDERBY", "ORDER BY", "orderby"])
def test_order_by_is_written_both_ways(api: Api, keyword: str) -> None:
    rows = api.query(f"SELECT * FROM Invoice {keyword} TotalAmt DESC, Id ASC MAXRESULTS 50")["Invoice"]
    totals = [row["TotalAmt"] for row in rows]
    assert len(totals) == 50
    assert totals == sorted(totals, reverse=True)


def test_keywords_names_and_values_ignore_case(api: Api) -> None:
    found = api.query("sElEcT * fRoM customer wHeRe displayname = 'ACME DENTAL GROUP'")
    assert found["Customer"][0]["DisplayName"] == "Acme Dental Group"


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        (r"DisplayName = 'O\'Neil Surveying'", "O'Neil Surveying"),
        ("DisplayName = 'Oak & Iron Builders'", "Oak & Iron Builders"),
        ("DisplayName LIKE '%kestrel%'", "Kestrel Aviation"),
        ("PrimaryEmailAddr = 'Billing@acmedental.example'", "Acme Dental Group"),
        ("DisplayName IN ('Juniper Law', 'none')", "Juniper Law"),
    ],
)
def test_conditions_find_the_customer(api: Api, condition: str, name: str) -> None:
    rows = api.query(f"SELECT * FROM Customer WHERE {condition}")["Customer"]
    assert name in [row["DisplayName"] for row in rows]
    assert len(rows) <= 2


def test_numbers_dates_and_moments_are_compared_as_such(api: Api) -> None:
    customer = api.customer()
    invoice = api.invoice(9, customer=customer["Id"], TxnDate="2026-02-03", DueDate="2026-02-10")
    for condition in (
        "TotalAmt > '8.5' AND TotalAmt < 10",
        "TxnDate >= '2026-02-03' AND TxnDate <= '2026-02-03'",
        "DueDate < '2026-02-11'",
        f"MetaData.LastUpdatedTime >= '{invoice['MetaData']['LastUpdatedTime']}'",
        "Balance != '0'",
    ):
        rows = api.query(f"SELECT * FROM Invoice WHERE CustomerRef = '{customer['Id']}' AND {condition}")
        assert [row["Id"] for row in rows["Invoice"]] == [invoice["Id"]]
    assert api.query(f"SELECT * FROM Invoice WHERE CustomerRef = '{customer['Id']}' AND TotalAmt > '9'") == {}


def test_projection_answers_sparse_rows(api: Api) -> None:
    row = api.query("SELECT Name, MetaData.LastUpdatedTime FROM Item WHERE Name = 'Services'")["Item"][0]
    assert set(row) == {"sparse", "Id", "Name", "MetaData"}
    assert row["sparse"] is True
    assert list(row["MetaData"]) == ["LastUpdatedTime"]
    assert api.query("SELECT *, Sku FROM Item WHERE Sku = 'DSK-160'")["Item"][0]["Sku"] == "DSK-160"


def test_query_by_post_is_the_same(api: Api) -> None:
    headers = {"Content-Type": "application/text"}
    answer = api.session.post(
        f"{api.base}/query", data="select count(*) from Term", headers=headers, timeout=10
    )
    assert api.ok(answer)["QueryResponse"] == api.query("select count(*) from Term") != {}


@pytest.mark.parametrize(
    "entity", ["CompanyInfo", "Preferences", "TaxCode", "TaxRate", "Account", "Employee"]
)
def test_every_listed_entity_can_be_asked_for(api: Api, entity: str) -> None:
    assert len(api.query(f"select * from {entity}")[entity]) >= 1


def test_unreadable_queries_are_4000_in_the_words_of_the_parser(api: Api) -> None:
    code, detail = _refusal(api, "Select * from Customer Where PrimaryEmailAddr.EmailAddress>test@gmail.com")
    assert code == "4000"
    assert detail.startswith(
        'QueryParserError: Encountered " ">" "> "" at line 1, column 59.\nWas expecting one of:\n'
    )
    code, detail = _refusal(api, "select * from Customer where PrimayEmailAddr in Address = 'x'")
    assert detail == (
        'QueryParserError: Encountered " <IDENTIFIER> "Address "" at line 1, column 49.\n'
        'Was expecting:\n    "(" ...\n    '
    )


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("SELECT * FROM Custmoer", "invalid context declaration: Custmoer"),
        ("SELECT * FROM Customer WHERE Email = 'a'", "Property Email not found for Entity Customer"),
        (
            "SELECT * FROM Customer WHERE PrimaryEmailAddr.EmailAddress > 'a'",
            "Property PrimaryEmailAddr.EmailAddress not found for Entity Customer",
        ),
        ("SELECT * FROM Invoice WHERE DepartmentRef = '1'", "property 'DepartmentRef' is not queryable"),
        ("SELECT * FROM Invoice STARTPOSITION 0", "value 0 is too small. Min allowed value is 1"),
    ],
)
def test_queries_against_the_rules_are_4001(api: Api, text: str, detail: str) -> None:
    assert _refusal(api, text) == ("4001", f"QueryValidationError: {detail}")


@pytest.mark.parametrize(
    ("text", "column", "code", "after"),
    [
        ("SELECT * FROM Item WHERE Name LIKE '%Fleur\u2019t'", 43, "\\u2019", "'%Fleur"),
        ("SELECT * FROM Item WHERE Name = '\u201cFIRST\u201d'", 34, "\\u201c", "'"),
        ("SELECT * FROM Item WHERE Name = 'Boot \u2013 black'", 39, "\\u2013", "'Boot "),
        ("SELECT * FROM Customer WHERE DisplayName = \u2018x\u2019", 44, "\\u2018", ""),
    ],
)
def test_typographic_quotes_and_dashes_are_lexical_errors_in_literals_too(
    api: Api, text: str, column: int, code: str, after: str
) -> None:
    assert _refusal(api, text) == (
        "4000",
        f"QueryParserError: Invalid content. Lexical error at line 1, column {column}.  "
        f'Encountered: "{code}" ({int(code[2:], 16)}), after : "{after}"',
    )


def test_an_object_that_cannot_be_served_fails_every_answer_that_holds_it_and_no_other(api: Api) -> None:
    first, second = (api.invoice(customer="1")["Id"] for _time in range(2))
    control = f"/control/{api.realm_id}/invoices/{first}"
    api.emulator.control("POST", f"{control}/unserve")
    pages = f"select * from Invoice where Id in ('{first}', '{second}')"
    assert _refusal(api, pages)[0] == "4002"
    assert _refusal(api, f"select Id from Invoice where Id = '{first}'")[0] == "4002"
    assert api.query(f"select * from Invoice where Id = '{second}'")["Invoice"][0]["Id"] == second
    assert api.query(f"select count(*) from Invoice where Id = '{first}'")["totalCount"] == 1
    since = api.emulator.control("GET", "/control/clock")["now"][:10] + "T00:00:00Z"
    assert api.code(api.get("cdc", entities="Invoice", changedSince=since)) == "4002"
    assert api.code(api.get(f"invoice/{first}")) == "4002"
    api.emulator.control("POST", f"{control}/edit", {"BillEmail": {"Address": "ok@quill.example"}})
    assert len(api.query(pages)["Invoice"]) == 2
