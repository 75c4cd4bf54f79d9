"""What the soak tests do inside an installation, one function per act."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils import timezone

from deals.viewer import Viewer
from quickbooks_bridge.models import (
    ApiUsage,
    Connection,
    Customer,
    Invoice,
    InvoiceIntent,
    Item,
    SyncState,
    WebhookEvent,
)
from tests.brokers.scene import connection_pk, decide, intent, make_due, prepare
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect

__all__ = [
    "connection_pk", "decide", "due_now", "form", "held", "intent", "make_due", "open_work", "prepare", "reads", "reconnect",
    "refusals_pass", "session_key", "silence", "states", "status", "stuck", "token_ends_in", "unhandled",
]  # fmt: skip


def session_key(username: str) -> str:
    user = get_user_model().objects.get(username=username)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def form() -> dict[str, str]:
    """What a person posts for a known customer; token and line name are left to the test."""
    link = Connection.objects.get()
    item = Item.objects.filter(company=link.company, is_active=True, kind="Service").order_by("pk")[0]
    customer = Customer.objects.filter(company=link.company, is_active=True).order_by("display_name")[0]
    today = timezone.now().date()
    return {
        "customer_mode": "existing",
        "customer": customer.qbo_id,
        "to": "Quill & Sons",
        "address": "1 Elm St\nAustin, TX 78701",
        "email": "quinn@quill.example",
        "currency": "USD",
        "issue_date": today.isoformat(),
        "due_date": (today + timedelta(days=7)).isoformat(),
        "lines-0-quantity": "1",
        "lines-0-unit_price": "25",
        "lines-0-discount": "",
        "lines-0-discount_kind": "percent",
        "lines-0-tax": "0",
        "lines-0-item": item.qbo_id,
    }


def states() -> dict[str, tuple[str, str, float]]:
    """Of every decision by its token: state, request id, and the seconds it took until final."""
    rows = InvoiceIntent.objects.values_list("token", "state", "request_id", "created_at", "finished_at")
    return {
        token: (state, request_id, (finished - created).total_seconds() if finished else -1.0)
        for token, state, request_id, created, finished in rows
    }


def open_work() -> int:
    """Decisions that are not final."""
    return InvoiceIntent.objects.filter(finished_at__isnull=True).count()


def stuck() -> int:
    """Leases that ran out and that nothing would ever take up."""
    late = timezone.now() - timedelta(minutes=1)
    idle = SyncState.objects.filter(
        company__connection__status="active", sync_lease_until__lt=late, next_sync_at__isnull=True
    )
    lost = InvoiceIntent.objects.filter(finished_at__isnull=True, next_check_at__isnull=True)
    return idle.count() + lost.count()


def due_now() -> int:
    return SyncState.objects.update(next_sync_at=timezone.now(), consecutive_failures=0)


def unhandled() -> int:
    return WebhookEvent.objects.filter(processed_at__isnull=True).count()


def held() -> dict[str, tuple[int, str, str]]:
    """Every invoice here that is not deleted: sync token, total, balance."""
    rows: Any = Invoice.objects.filter(is_deleted=False)
    return {row.qbo_id: (row.sync_token, f"{row.total:.2f}", f"{row.balance:.2f}") for row in rows}


def money(value: object) -> str:
    return f"{Decimal(str(value)):.2f}"


def token_ends_in(*, minutes: int) -> int:
    ends = timezone.now() + timedelta(minutes=minutes)
    return Connection.objects.update(access_expires_at=ends, refresh_lease_until=None)


def status() -> str:
    return Connection.objects.get().status


def refusals_pass() -> str:
    """As if hours had passed since the last refusal."""
    past = timezone.now() - timedelta(seconds=1)
    waiting = Connection.objects.filter(next_refresh_at__isnull=False)
    SyncState.objects.filter(pk__in=list(waiting.values_list("pk", flat=True))).update(next_sync_at=past)
    waiting.update(next_refresh_at=past)
    return status()


def reconnect(url: str, realm: str) -> str:
    emulator = EmulatorProcess()
    emulator.url, emulator.companies = url, [{"realm_id": realm}]
    link = Connection.objects.get()
    connect(Viewer(link.account, link.owner), emulator)
    return status()


def reads() -> int:
    """Reads that were written down."""
    return sum(ApiUsage.objects.values_list("reads", flat=True))


def silence(*, days: int) -> int:
    """As if nobody had asked QuickBooks for so long."""
    link = Connection.objects.get()
    assert link.company.sync.cdc_cursor is not None
    past = link.company.sync.cdc_cursor - timedelta(days=days)
    return SyncState.objects.update(cdc_cursor=past, last_sync_at=past, next_sync_at=timezone.now())
