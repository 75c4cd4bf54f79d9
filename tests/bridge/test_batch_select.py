"""Rows of several tables in one statement are what the querysets themselves give."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db.models import Count, Sum, Value
from django.test.utils import CaptureQueriesContext

from deals.models import Deal
from quickbooks_bridge.db.batch_select import PreparedBatch, attach_related, batch_select
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent

from .test_panel import an_intent, an_invoice, connection  # noqa: F401 - the same rows

pytestmark = pytest.mark.django_db


def columns(row) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_each_part_is_what_its_queryset_gives(admin, deal, connection):  # noqa: F811
    for number in (1, 2, 3):
        an_invoice(
            deal, number, total=Decimal("0.10") * number, payment_qbo_ids=["7"], emailed_at=datetime.now(UTC)
        )
    an_invoice(deal, 4, total=Decimal("123456789012.34"), is_voided=True, due_date=None)
    an_intent(deal, admin)
    parts = {
        "deals": Deal.objects.filter(pk=deal.pk),
        "connections": Connection.objects.all(),
        "invoices": Invoice.objects.filter(deal=deal).order_by("-txn_date", "-id")[:3],
        "dearest": Invoice.objects.order_by("-total")[:1].annotate(word=Value("yes")),
        "intents": InvoiceIntent.objects.all(),
        "none": Invoice.objects.filter(pk__in=[]),
        "nobody": Invoice.objects.filter(qbo_id="x"),
    }
    with CaptureQueriesContext(database) as queries:
        found = batch_select(**parts)
        got = {name: found.rows(name) for name in parts}
    assert len(queries) == 1
    for name, rows in parts.items():
        assert [columns(row) for row in got[name]] == [columns(row) for row in rows]
    assert got["dearest"][0].word == "yes"
    assert not got["invoices"][0]._state.adding
    assert type(got["intents"][0].payload["Line"][0]["Amount"]) is str
    assert found.first("nobody") is None


def test_sums_come_as_values(admin, deal, connection):  # noqa: F811
    for number in range(1, 8):
        an_invoice(deal, number, total=Decimal("893.06"), currency="USD" if number % 2 else "CAD")
    rows = Invoice.objects.values("currency").annotate(n=Count("pk"), sum=Sum("total")).order_by("currency")
    found = batch_select(sums=rows).rows("sums")
    assert found == [
        {"currency": "CAD", "n": 3, "sum": Decimal("2679.18")},
        {"currency": "USD", "n": 4, "sum": Decimal("3572.24")},
    ]


def test_floats_in_json_stay_floats(admin, deal, connection):  # noqa: F811
    an_intent(deal, admin, payload={"Line": [{"Amount": 1.1}]})
    assert (
        type(batch_select(rows=InvoiceIntent.objects.all()).first("rows").payload["Line"][0]["Amount"])
        is float
    )


def test_stitched_rows_read_nothing(admin, deal, connection, django_assert_num_queries):  # noqa: F811
    an_intent(deal, admin)
    intents = batch_select(rows=InvoiceIntent.objects.all()).rows("rows")
    attach_related(intents, "member", [admin.member])
    with django_assert_num_queries(0):
        assert intents[0].member.name == admin.member.name


def test_nothing_asked_is_no_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert batch_select(none=Invoice.objects.none()).rows("none") == []


def test_prepared_statement_reads_with_other_values_each_time(admin, deal, connection):  # noqa: F811
    for number in range(1, 5):
        an_invoice(deal, number, due_date=date(2026, 3, number))
    asked = PreparedBatch(
        lambda deal, until, numbers: {
            "early": Invoice.objects.filter(deal=deal, due_date__lt=until).order_by("pk"),
            "named": Invoice.objects.filter(qbo_id__in=numbers).order_by("pk"),
        }
    )
    for until, numbers in ((2, ("1", "4")), (4, ("2", "3")), (5, ())):
        found = asked.read(deal=deal.pk, until=date(2026, 3, until), numbers=numbers)
        assert [row.qbo_id for row in found.rows("early")] == [str(n) for n in range(1, until)]
        assert tuple(row.qbo_id for row in found.rows("named")) == numbers
    assert asked.read(deal=deal.pk + 1, until=date(2027, 1, 1), numbers=()).rows("early") == []


def test_value_that_does_not_stand_in_the_statement_as_it_is_is_refused(db):
    asked = PreparedBatch(lambda deal: {"rows": Invoice.objects.filter(deal=deal + 1)})
    with pytest.raises(ValueError, match="deal"):
        asked.read(deal=1)
