"""A deal's version is another one after every way of writing its invoices, and no other deal's."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection as database

from quickbooks_bridge.domain.remote import RemoteDeletion
from quickbooks_bridge.models import DealVersion, Invoice
from quickbooks_bridge.services.invoicing.actions import invoice_link, invoice_unlink
from quickbooks_bridge.services.mirror import invoices

from ..fixtures import make_deal
from .test_sync import apply, connection, invoice  # noqa: F401 - the same rows

pytestmark = pytest.mark.django_db

WAYS = {
    "QuickBooks changed it": lambda link, row, viewer: apply(
        link, invoice(token=1, minutes=1, doc_number="X")
    ),
    "QuickBooks deleted it": lambda link, row, viewer: invoices.deletions_apply(
        link, [RemoteDeletion("Invoice", row.qbo_id, datetime.now(UTC))], now=datetime.now(UTC), source="sync"
    ),
    "taken off": lambda link, row, viewer: invoice_unlink(viewer, row, now=datetime.now(UTC)),
    "one row": lambda link, row, viewer: row.save(),
    "many rows": lambda link, row, viewer: Invoice.objects.update(balance=Decimal(0)),
    "gone": lambda link, row, viewer: Invoice.objects.all().delete(),
}


def version_of(deal) -> int | None:
    return DealVersion.objects.filter(deal=deal).values_list("version", flat=True).first()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_an_invoice_moves_its_deals_mark_alone(connection, account, admin, way):  # noqa: F811
    deal, other = make_deal(account), make_deal(account)
    for number, home in ((1, deal), (2, other)):
        apply(connection, invoice(number))
        row = Invoice.objects.get(qbo_id=str(number))
        assert version_of(home) is None
        invoice_link(admin, home, row, now=datetime.now(UTC))
    before, others = version_of(deal), version_of(other)
    assert before is not None
    WAYS[way](connection, Invoice.objects.get(deal=deal), admin)
    assert version_of(deal) != before
    assert (version_of(other) == others) is (way not in {"many rows", "gone"})


def test_many_rows_of_one_deal_may_be_written_at_once(connection, account, admin):  # noqa: F811
    deal = make_deal(account)
    apply(connection, *(invoice(number) for number in range(1, 4)))
    Invoice.objects.update(deal=deal)
    before = version_of(deal)
    apply(connection, *(invoice(number, token=1, minutes=1) for number in range(1, 4)))
    assert version_of(deal) != before
    rows = list(Invoice.objects.all())
    Invoice.objects.all().delete()
    Invoice.objects.bulk_create(rows)
    assert version_of(deal) is not None


def test_a_move_between_deals_moves_both_versions(connection, account, admin):  # noqa: F811
    deal, other = make_deal(account), make_deal(account)
    apply(connection, invoice())
    row = Invoice.objects.get()
    invoice_link(admin, deal, row, now=datetime.now(UTC))
    before = version_of(deal)
    invoice_link(admin, other, row, now=datetime.now(UTC))
    assert version_of(deal) != before
    assert version_of(other) is not None


def test_what_writes_nothing_moves_no_version(connection, account, admin):  # noqa: F811
    deal = make_deal(account)
    apply(connection, invoice())
    invoice_link(admin, deal, Invoice.objects.get(), now=datetime.now(UTC))
    before = version_of(deal)
    apply(connection, invoice())
    assert version_of(deal) == before


def test_a_deal_with_invoices_can_be_deleted(connection, account, admin):  # noqa: F811
    deal = make_deal(account)
    apply(connection, invoice())
    invoice_link(admin, deal, Invoice.objects.get(), now=datetime.now(UTC))
    deal.delete()
    database.check_constraints()
    assert Invoice.objects.get().deal_id is None
