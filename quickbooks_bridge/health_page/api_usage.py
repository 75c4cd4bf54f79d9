"""What the calls of this month add up to against what is allowed."""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from quickbooks_bridge.gateway.rate_limiter import ALLOWED_AT_ONCE, ALLOWED_PER_MINUTE, default_limiter
from quickbooks_bridge.models import ApiUsage, Connection
from quickbooks_bridge.needs_action.connection import quota_words
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.operations.api_usage import ReadQuota, forecast, month_start

from .components import Health, grouped


def reads(health: Health, connection: Connection, now: datetime) -> None:
    """Say how many reads were used, for what, and where the month ends."""
    month = month_start(now)
    today = now.date()
    rows = list(
        ApiUsage.objects.filter(company=connection.company_id, day__gte=month)
        .values("purpose")
        .annotate(of_month=Sum("reads"), sent=Sum("writes"), of_day=Sum("reads", filter=Q(day=today)))
        .order_by(F("purpose").desc())
    )
    used = ApiUsage.objects.filter(day__gte=month).aggregate(sum=Sum("reads"))["sum"] or 0
    allowance = ReadQuota(used, settings.QUICKBOOKS_MONTHLY_READS)
    labels = dict(ApiUsage.Purpose.choices)
    health.reads = {
        "rows": [
            {
                "label": labels[row["purpose"]],
                "today": grouped(row["of_day"] or 0),
                "month": grouped(row["of_month"] or 0),
                "writes": grouped(row["sent"] or 0),
            }
            for row in rows
        ],
        "used": grouped(used),
        "allowed": grouped(allowance.allowed) if allowance.allowed else "",
        "forecast": grouped(forecast(used, now=now)),
        "percent": min(100, round(used * 100 / allowance.allowed)) if allowance.allowed else 0,
        "words": quota_words(allowance),
        "is_slow": allowance.is_slow,
        "now": _now(connection),
    }
    health.is_used_up = allowance.is_used_up
    if open_reads_block() is not None:
        health.is_used_up = True


def _now(connection: Connection) -> list[dict[str, object]]:
    """Return calls of the last minute and of this moment where all processes count together, else nothing."""
    usage = default_limiter(settings.REDIS_URL).usage(connection.company.realm_id)
    if usage is None:
        return []
    pairs = (
        (_("Calls in the last minute"), usage.in_minute, ALLOWED_PER_MINUTE),
        (_("At the same time, now"), usage.running, ALLOWED_AT_ONCE),
    )
    return [
        {"label": label, "value": value, "of": of, "percent": min(100, round(value * 100 / of))}
        for label, value, of in pairs
    ]
