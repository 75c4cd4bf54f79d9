"""Payloads, differences, matches, actions, links, answers read and webhook events."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet

from crm_invoicing import encryption
from quickbooks_bridge.domain.actions import invoice_actions
from quickbooks_bridge.domain.address import Address
from quickbooks_bridge.domain.company_profile import PayloadProfile
from quickbooks_bridge.domain.customer_diff import ADDRESS_PARTS, customer_diff
from quickbooks_bridge.domain.customer_payloads import KnownCustomer, customer_update_payload
from quickbooks_bridge.domain.deep_links import invoice_link
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.json_values import ParseError, parse_moment
from quickbooks_bridge.domain.matching import Candidate, suggest
from quickbooks_bridge.domain.parsing import parse_cdc
from quickbooks_bridge.domain.payloads import invoice_payload, safe_display_name
from quickbooks_bridge.domain.query import select
from quickbooks_bridge.domain.status import Status
from quickbooks_bridge.domain.webhooks import parse_webhook, signature_is_valid

LINE = DraftLine("Desk", quantity=Decimal(3), unit_price=Decimal(10), discount=Decimal(10), item_qbo_id="7")
DRAFT = InvoiceDraft(
    CustomerChoice("1"), "Ann", "1 Road", "", "12", "USD", date(2026, 3, 17), date(2026, 3, 24), (LINE,)
)
US = PayloadProfile("US", "USD")


def test_discount_is_folded_into_the_price_and_told():
    line = invoice_payload(DRAFT, customer_qbo_id="1", profile=US, marker="m")["Line"][0]
    detail = line["SalesItemLineDetail"]
    assert (line["Amount"], detail["Qty"], detail["UnitPrice"]) == ("27", "3", "9")
    assert line["Description"] == "Desk (-10%)"
    assert detail["TaxCodeRef"] == {"value": "NON"}


def test_payload_leaves_out_what_is_empty_and_carries_the_marker():
    payload = invoice_payload(DRAFT, customer_qbo_id="1", profile=US, marker="m")
    assert not {"BillEmail", "DocNumber", "CustomerMemo", "SalesTermRef", "CurrencyRef"} & set(payload)
    assert payload["PrivateNote"] == "CRM-m"
    assert payload["BillAddr"] == {"Line1": "Ann", "Line2": "1 Road"}
    assert payload["ShipAddr"] == {"Line1": "1 Road"}


@pytest.mark.parametrize(
    ("country", "choice", "written"),
    [
        ("US", "resale", {"ResaleNum": "12"}),
        ("US", "", {}),
        ("NO", "", {"PrimaryTaxIdentifier": "12"}),
        ("GB", "resale", {"PrimaryTaxIdentifier": "12"}),
    ],
)
def test_tax_id_goes_where_the_country_keeps_it_or_the_admin_says(country, choice, written):
    profile = PayloadProfile(country, "USD", us_tax_id=choice)
    known = KnownCustomer("7", 3, Address())
    assert customer_update_payload(DRAFT, known, frozenset({"tax_id"}), profile=profile) == {
        "Id": "7",
        "SyncToken": "3",
        "sparse": True,
        **written,
    }


KNOWN = KnownCustomer("7", 3, Address(("1 Elm St",), "Austin", "TX", "78701", "US"))
MOVED = replace(DRAFT, address="77 Oak Ave\nDallas, TX 75201")
OLD = {
    "Line1": "1 Elm St",
    "City": "Austin",
    "CountrySubDivisionCode": "TX",
    "PostalCode": "78701",
    "Country": "US",
}


def test_an_address_is_written_whole_with_the_parts_that_were_ticked():
    payload = customer_update_payload(MOVED, KNOWN, frozenset({"street"}), profile=US)
    assert payload["BillAddr"] == payload["ShipAddr"] == OLD | {"Line1": "77 Oak Ave"}
    elsewhere = replace(KNOWN, shipping=Address(("9 Dock Rd",), "Waco", "TX", "76701", "US"))
    whole = customer_update_payload(MOVED, elsewhere, frozenset(ADDRESS_PARTS), profile=US)
    assert whole["BillAddr"]["City"] == "Dallas"
    assert "ShipAddr" not in whole


def test_an_address_in_one_piece_leaves_the_parts_that_quickbooks_has():
    before = {"street": "1 Elm St", "city": "Austin", "postal_code": "78701"}
    free = {"street": "77 Oak Ave\nsomewhere near Dallas", "city": "", "postal_code": ""}
    assert not any(row.is_changed for row in customer_diff(before, free))
    assert customer_diff({"street": "1 Elm St"}, free)[0].is_changed


def test_display_name_loses_what_quickbooks_forbids():
    assert safe_display_name("A:B\tC\nD") == "A B C D"


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [("XXX12345", "9912345", False), ("XXX12345", "9912346", True), ("1", "", False), ("", "1", True)],
)
def test_masked_tax_id_equals_what_ends_alike(before, after, changed):
    diffs = {row.field: row for row in customer_diff({"tax_id": before}, {"tax_id": after})}
    assert diffs["tax_id"].is_changed is changed


def test_difference_is_told_word_by_word():
    row = customer_diff({"street": "1 Old Road"}, {"street": "1 New  Road"})[0]
    assert row.words == (("same", "1"), ("del", "Old"), ("ins", "New"), ("same", "Road"))


def test_suggestions_put_the_same_name_first():
    rows = [Candidate("1", "Acme Desks"), Candidate("2", "ACME Inc."), Candidate("3", "Zed", "a@b.com")]
    found = suggest("Acme", rows, email="A@b.com")
    assert [(row.qbo_id, row.reason) for row in found] == [("2", "same_name"), ("3", "same_email")]


ACTIONS = [
    (Status.OPEN, {}, "send pdf open unlink void delete"),
    (Status.PAID, {}, "send pdf open unlink void delete"),
    (Status.VOIDED, {}, "pdf open unlink delete"),
    (Status.DELETED, {}, "unlink"),
    (Status.OPEN, {"is_connected": False}, "open unlink"),
    (Status.OPEN, {"may_write": False, "may_void": False}, "pdf open"),
    (Status.OPEN, {"may_write": False}, "pdf open void delete"),
    (Status.OPEN, {"may_void": False}, "send pdf open unlink"),
    (Status.OPEN, {"is_linked": False}, "send pdf open void delete"),
]


@pytest.mark.parametrize(("status", "more", "ids"), ACTIONS)
def test_menu_holds_what_is_possible(status, more, ids):
    assert [action.id for action in invoice_actions(status, **more)] == ids.split()


def test_link_survives_a_company_switch():
    link = invoice_link("https://x", realm_id="12", qbo_id="7")
    assert link == "https://x/login?deeplinkcompanyid=12&pagereq=invoice%3FtxnId%3D7"


def test_deleted_stub_is_a_deletion():
    stub = {"Id": "5", "status": "Deleted", "MetaData": {"LastUpdatedTime": "2026-03-17T01:00:00-07:00"}}
    answer = {
        "time": "2026-03-17T02:00:00.000-07:00",
        "CDCResponse": [{"QueryResponse": [{"Invoice": [stub]}, {}]}],
    }
    changes = parse_cdc(answer)
    assert changes.server_time == datetime(2026, 3, 17, 9, tzinfo=UTC)
    assert [(row.entity, row.qbo_id) for row in changes.deletions] == [("Invoice", "5")]


def test_unreadable_answer_names_the_key_only():
    with pytest.raises(ParseError, match=r"^time$"):
        parse_moment("private text")


def test_unknown_condition_never_reaches_a_query():
    with pytest.raises(ValueError, match="condition"):
        select("Invoice", where=(("Id; x", "=", "1"),))


def test_both_announcement_formats_name_the_same_change():
    classic = {
        "realmId": "1",
        "dataChangeEvent": {"entities": [{"name": "Invoice", "id": "7", "operation": "Update"}]},
    }
    event = {"id": "e", "type": "qbo.invoice.updated.v1", "intuitaccountid": "1", "intuitentityid": "7"}
    for body in ({"eventNotifications": [classic]}, [event]):
        (change,) = parse_webhook(json.dumps(body).encode()).changes
        assert (change.realm_id, change.entity, change.qbo_id) == ("1", "invoice", "7")


def test_genuine_signature_is_taken():
    signature = base64.b64encode(hmac.new(b"secret", b"[]", hashlib.sha256).digest()).decode()
    assert signature_is_valid(b"[]", signature, verifier_token="secret")
    assert not signature_is_valid(b"[ ]", signature, verifier_token="secret")


def test_secret_outlives_a_change_of_keys_and_nothing_else():
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = encryption.encrypt("token", keys=[old])
    assert encryption.decrypt(sealed, keys=[new, old]) == "token"
    with pytest.raises(encryption.UnreadableToken):
        encryption.decrypt(sealed, keys=[new])
