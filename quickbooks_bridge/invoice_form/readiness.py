"""Will it invoice? The form's own check over the open deals, without asking QuickBooks anything."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from deals.models import Account, Deal
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.models import Connection, DealReadiness, InvoicingSettings, SyncState
from quickbooks_bridge.selectors.connections import connection_for

from .checking import check
from .form_data import load_form_data
from .form_state import CUSTOMER_FIELDS, FormState
from .prefill import mapped_state

CHUNK = 200
EVERY = timedelta(days=1)
# Known only once QuickBooks is asked, which the form does by itself.
_ASKED_LATER = frozenset({ProblemCode.RATE_MISSING})


def open_deals(account: Account | int) -> QuerySet[Deal]:
    """Return the deals that may still be invoiced."""
    rows = Deal.objects.filter(account=account).exclude(status=Deal.Status.LOST)
    return rows.select_related("organization", "person")


def deal_readiness(connection: Connection, deal: Deal, *, now: datetime) -> DealReadiness | None:
    """Return whether a deal could be invoiced as it stands; None for one that has nothing left to invoice."""
    state = mapped_state(connection, deal, now=now)
    if not state.values["customer"]:
        # Whoever opens the form chooses a customer, or takes the name that is filled in for a new one.
        state.values["customer_mode"] = "new"
    data = load_form_data(connection, deal, state, now=now)
    left = deal.value - data.strip.billed_net
    if left <= 0 and (deal.value or data.strip.count):
        return None
    found = [
        problem
        for problem in check(state, data).problems
        if problem.is_blocking and problem.code not in _ASKED_LATER
    ]
    return DealReadiness(
        deal=deal,
        account_id=deal.account_id,
        is_ready=not found,
        problems=[problem.as_dict() for problem in found[:20]],
        codes=_spaced(problem.code for problem in found)[:500],
        lacks=_spaced(_lacking(state)),
        amount=max(left, Decimal(0)),
        checked_at=now,
    )


def _lacking(state: FormState) -> list[str]:
    """Return the mapped places of the customer that stayed empty."""
    return [
        name
        for name in CUSTOMER_FIELDS
        if not state.values[name].strip() and state.values[f"origin_{name}"].partition("?")[0]
    ]


def _spaced(words: Iterable[str]) -> str:
    """Return different words with a space around each, to be found by one."""
    text = " ".join(dict.fromkeys(words))
    return f" {text} " if text else ""


def readiness_check(account: Account, *, now: datetime) -> int:
    """Check the account's open deals and keep what was found; returns how many can be invoiced or not yet."""
    connection = connection_for(account)
    if connection is None or not connection.is_active:
        return 0
    connection.account = account
    count, last = 0, 0
    while chunk := list(open_deals(account).filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        rows = [row for deal in chunk if (row := deal_readiness(connection, deal, now=now)) is not None]
        DealReadiness.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["deal"],
            update_fields=["is_ready", "problems", "codes", "lacks", "amount", "checked_at"],
        )
        count += len(rows)
    # What is invoiced, lost or gone by now is in nobody's way.
    DealReadiness.objects.filter(account=account, checked_at__lt=now).delete()
    InvoicingSettings.objects.filter(account=account).update(readiness_checked_at=now)
    return count


def readiness_due(*, now: datetime) -> list[Account]:
    """Return the accounts whose deals are due to be checked, and put each off by a day: whoever gets one checks it."""
    is_loaded = Connection.objects.filter(
        status=Connection.Status.ACTIVE, company__sync__import_state=SyncState.Import.DONE
    )
    due = InvoicingSettings.objects.filter(
        Q(readiness_due_at__isnull=True) | Q(readiness_due_at__lte=now),
        account__in=is_loaded.values("account"),
    )
    taken = []
    for stored in due.select_related("account"):
        mine = InvoicingSettings.objects.filter(pk=stored.pk, readiness_due_at=stored.readiness_due_at)
        if mine.update(readiness_due_at=now + EVERY):
            taken.append(stored.account)
    return taken


def readiness_problems(row: DealReadiness) -> list[Problem]:
    """Return what stands in the way of a deal's invoice."""
    return [Problem.from_dict(problem) for problem in row.problems]
