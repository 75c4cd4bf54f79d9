"""R10: random histories of one company with faults in between; after each the rows are QuickBooks'."""

from datetime import timedelta
from decimal import Decimal

import pytest
import requests
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from quickbooks_bridge.gateway import rate_limiter
from quickbooks_bridge.models import Invoice, InvoiceIntent, SyncState
from quickbooks_bridge.services.invoicing.intents import intent_resume
from quickbooks_bridge.services.sync.company import sync_company
from tests.brokers.scene import decide

from .scorecard import record, size

pytestmark = pytest.mark.django_db

FAULTS = ("500", "503_html", "reset_before", "reset_after", "500_after", "504_after", "429", "truncated")
ACTS = ("create", "pay", "part", "unpay", "unapply", "void", "delete", "edit", "send", "look", "ask")
step = some.tuples(some.sampled_from(ACTS), some.integers(0, 7), some.sampled_from((None, None, *FAULTS)))


def test_random_histories_end_equal(connection, qbo, deal):
    examples = size("HISTORIES", quick=15, long=2000)
    ran = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(some.lists(step, min_size=3, max_size=12))
    def history(steps):
        ran.append(1)
        run(connection, qbo, deal, steps)

    history()
    record("R10", "random histories that ended equal", len(ran), examples, at_least=True)


def run(connection, qbo, deal, steps) -> None:
    for act, which, fault in steps:
        rate_limiter.default_limiter.cache_clear()
        qbo.control("DELETE", "/control/faults")
        if fault:
            qbo.control("POST", "/control/faults", {"kind": fault, "count": 1})
        at = timezone.now()
        if act == "create":
            intent_resume(
                InvoiceIntent.objects.get(pk=decide(deal.pk)), connection, now=at, interactive=False
            )
        elif act == "ask":
            for intent in InvoiceIntent.objects.filter(finished_at__isnull=True):
                intent_resume(intent, connection, now=at, interactive=False)
        elif act == "look":
            sync_company(connection, now=at)
        else:
            rows = list(Invoice.objects.filter(is_deleted=False).order_by("-pk")[:8])
            if rows:
                body = (
                    {"amount": 5} if act == "part" else {"PrivateNote": f"n{which}"} if act == "edit" else {}
                )
                path = f"/control/{connection.company.realm_id}/invoices/{rows[which % len(rows)].qbo_id}/"
                requests.post(f"{qbo.url}{path}{'pay' if act == 'part' else act}", json=body, timeout=10)
    qbo.control("DELETE", "/control/faults")
    rate_limiter.default_limiter.cache_clear()
    for intent in InvoiceIntent.objects.filter(finished_at__isnull=True):
        intent_resume(intent, connection, now=timezone.now() + timedelta(minutes=1), interactive=False)
    SyncState.objects.update(consecutive_failures=0, sync_lease_until=None)
    assert sync_company(connection, now=timezone.now())
    check(connection, qbo)


def check(connection, qbo) -> None:
    dump = qbo.control("GET", f"/control/{connection.company.realm_id}/dump")["Invoice"]
    theirs = {
        row["Id"]: (int(row["SyncToken"]), Decimal(str(row["TotalAmt"])), Decimal(str(row["Balance"])))
        for row in dump
    }
    held = Invoice.objects.filter(is_deleted=False)
    assert {row.qbo_id: (row.sync_token, row.total, row.balance) for row in held} == theirs
    notes = [str(row.get("PrivateNote", "")) for row in dump]
    for intent in InvoiceIntent.objects.all():
        assert intent.state == InvoiceIntent.State.SUCCEEDED, intent.problems
        assert sum(1 for note in notes if intent.request_id in note) <= 1
