"""Support bundles: ids, codes and times of an issue and of the connection. No names, no amounts, nothing that opens anything."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection as database

from crm_invoicing import VERSION
from quickbooks_bridge.models import Connection, Invoice, InvoiceIntent, Outage, ReadsBlock, UnreadableObject
from quickbooks_bridge.services.operations.heartbeat import schedule_last_ran

from .inbox import Entry

OUTAGES = 5


def support_bundle(connection: Connection, entries: list[Entry], *, now: datetime) -> dict[str, Any]:
    """Return a bundle of these issues as JSON-ready values; only what is listed here ever gets into one."""
    return {
        "made_at": _time(now),
        "version": VERSION,
        "environment": settings.QUICKBOOKS_ENVIRONMENT,
        "database": database.vendor,
        "has_redis": bool(settings.REDIS_URL),
        "background_last_ran": _time(schedule_last_ran()),
        "connection": _connection(connection),
        "issues": [_issue(entry) for entry in entries],
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _connection(connection: Connection) -> dict[str, Any]:
    sync = connection.company.sync
    outages = Outage.objects.filter(company=connection.company_id).order_by("-began_at")[:OUTAGES]
    block = ReadsBlock.objects.filter(ended_at__isnull=True).first()
    return {
        "realm_id": connection.company.realm_id,
        "status": connection.status,
        "connected_at": _time(connection.connected_at),
        "tokens_stored_at": _time(connection.tokens_stored_at),
        "access_expires_at": _time(connection.access_expires_at),
        "consent_expires_at": _time(connection.consent_expires_at),
        "import_state": sync.import_state,
        "last_sync_at": _time(sync.last_sync_at),
        "next_sync_at": _time(sync.next_sync_at),
        "consecutive_failures": sync.consecutive_failures,
        "last_error": sync.last_error,
        "last_error_at": _time(sync.last_error_at),
        "last_webhook_at": _time(sync.last_webhook_at),
        "reads_blocked_since": _time(block.began_at) if block else None,
        "outages": [
            {"problem": row.problem, "began_at": _time(row.began_at), "ended_at": _time(row.ended_at)}
            for row in outages
        ],
    }


def _issue(entry: Entry) -> dict[str, Any]:
    issue, row = entry.issue, entry.row
    return {
        "key": issue.key,
        "kind": issue.kind,
        "responsible": str(issue.actor),
        "since": _time(issue.since_at),
        "deal_id": issue.deal_id,
        "is_assigned": bool(row and row.assigned_to_id),
        "snoozed_until": _time(row.snoozed_until) if row else None,
        **_details(issue.key),
    }


def _details(key: str) -> dict[str, Any]:
    """Return what the row behind an issue says in ids, codes and times."""
    kind, _dash, number = key.partition("-")
    if kind == "intent" and number.isdigit():
        intent = InvoiceIntent.objects.filter(pk=int(number)).defer("payload", "form").first()
        return {"intent": _intent(intent)} if intent else {}
    if kind == "alarm" and number.isdigit():
        invoice = Invoice.objects.filter(pk=int(number)).first()
        return {"invoice": _invoice(invoice)} if invoice else {}
    if kind == "unreadable" and number.isdigit():
        row = UnreadableObject.objects.filter(pk=int(number)).first()
        return {"object": _object(row)} if row else {}
    return {}


def _intent(intent: InvoiceIntent) -> dict[str, Any]:
    return {
        "id": intent.pk,
        "state": intent.state,
        "request_id": intent.request_id,
        "customer_request_id": intent.customer_request_id,
        "attempts": intent.attempts,
        "created_at": _time(intent.created_at),
        "sent_at": _time(intent.sent_at),
        "finished_at": _time(intent.finished_at),
        "next_check_at": _time(intent.next_check_at),
        "problems": [
            {
                "problem": str(one.get("code", "")),
                "code": _code((one.get("params") or {}).get("code")),
                "field": str(one.get("field", "")),
                "line": one.get("line") if isinstance(one.get("line"), int) else None,
                "intuit_tid": str(one.get("tid") or ""),
            }
            for one in intent.problems
        ],
    }


def _code(value: object) -> str:
    """Return a code of QuickBooks', which are numbers and short words; anything else could be somebody's name."""
    text = str(value or "")
    return text if len(text) <= 20 and text.replace("_", "").replace("-", "").isalnum() else ""


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.pk,
        "qbo_id": invoice.qbo_id,
        "alarm": invoice.alarm,
        "cause": invoice.alarm_cause,
        "mirrored_at": _time(invoice.mirrored_at),
    }


def _object(row: UnreadableObject) -> dict[str, Any]:
    return {
        "entity": row.entity,
        "qbo_id": row.qbo_id,
        "reason": _code(row.reason.replace(" ", "_")),
        "changed_at": _time(row.changed_at),
        "first_seen_at": _time(row.first_seen_at),
        "last_seen_at": _time(row.last_seen_at),
        "retried_at": _time(row.retried_at),
    }
