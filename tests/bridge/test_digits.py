"""Digits that are no numbers (superscripts, other scripts, endless ones) in every place where a number is read."""

import pytest

from quickbooks_bridge.domain.json_values import ParseError
from quickbooks_bridge.domain.parsing import parse_invoice
from quickbooks_bridge.domain.texts import is_digits
from quickbooks_bridge.gateway.errors import THROTTLE_SECONDS, classify

from ..fixtures import sign_in
from .test_invoice_lifecycle import form_data

ODD = ["²", "١٢", "１２", "9" * 5000, "-1", "1e3", "²²²"]


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.mark.parametrize("text", [*ODD, "", "\0"])
def test_only_ascii_digits_of_some_length_are_a_number(text):
    assert not is_digits(text)
    assert is_digits("0123456789")
    assert not is_digits("1234", longest=3)


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ODD)
def test_form_reads_no_such_number(client, deal, connection, odd):
    form = form_data(connection, refused=odd, seen=odd, due_days=odd)
    for more in (
        {f"lines-{odd}-name": "Desk"},
        {"do": f"remove:{odd}"},
        {"do": f"link:{odd}:{odd}"},
        {"do": f"activate:{odd}"},
        {"do": f"create_item:{odd}:Desk"},
        {"do": f"customer:{odd}"},
    ):
        answer = client.post(f"/deals/{deal.pk}/invoices/new/", {**form, "do": "check", **more})
        assert answer.status_code in (200, 400)
    assert client.get(f"/deals/{deal.pk}/invoices/new/", {"intent": odd}).status_code == 200
    search = {"q": "quill", "deal": odd}
    assert client.get("/quickbooks/customers/", search).status_code in (200, 404)
    assert client.post("/quickbooks/health/remind/", {"intent": odd}).status_code < 500


@pytest.mark.django_db
def test_nul_characters_are_refused_before_a_view_reads_them(client, deal, connection):
    """PostgreSQL refuses to store one, so it was a crash there and went unseen on SQLite."""
    form = f"/deals/{deal.pk}/invoices/new/"
    sent = {**form_data(connection), "do": "check"}
    for answer in (
        client.post(form, {**sent, "memo": "a\0b"}),
        client.post(form, {**sent, "lines-\0-name": "Desk"}),
        client.get("/search/", {"q": "\0"}),
        client.get("/deals/\0/"),
    ):
        assert answer.status_code in (400, 404)
        assert b"\0" not in answer.content
    assert client.post(form, {**sent, "memo": "a\0b"}).status_code == 400
    assert client.post(form, {**sent, "memo": "ab"}).status_code == 200


@pytest.mark.parametrize("odd", ODD)
def test_answer_with_such_a_number_is_no_crash(odd):
    assert classify(429, {"Retry-After": odd}, b"", is_write=False).retry_after == THROTTLE_SECONDS
    body = {"Id": "1", "SyncToken": odd, "MetaData": {"LastUpdatedTime": "2026-01-02T03:04:05-08:00"}}
    with pytest.raises(ParseError):
        parse_invoice({**body, "TxnDate": "2026-01-02", "TotalAmt": 1, "Balance": 1})
