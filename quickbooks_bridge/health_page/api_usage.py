"""What the calls of this month add up to against what is allowed."""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from quickbooks_bridge.gateway.rate_limiter import ALLOWED_AT_ONCE, ALLOWED_PER_MINUTE, default_limiter
from quickbooks_bridge.messages.times import time_text
from quickbooks_bridge.models import ApiUsage, Connection, ReadsBlock
from quickbooks_bridge.selectors.connections import open_reads_block
from quickbooks_bridge.services.operations.api_usage import ReadQuota, forecast, month_start

from .components import ERROR, WARNING, Health, HealthIssue, grouped


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
    if allowance.is_used_up:
        words = _("Background reads have stopped until the month is over. What people do goes on.")
    elif allowance.is_slow:
        words = _("Background reads are slower until the month is over.")
    else:
        words = _("Background reads slow down at 80% and stop at 95%. What people do always goes on.")
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
        "words": words,
        "is_slow": allowance.is_slow,
        "now": _now(connection),
    }
    health.is_used_up = allowance.is_used_up
    block = open_reads_block()
    if block is not None:
        health.is_used_up = True
        health.findings.append(_blocked(block, connection, now=now))
    if allowance.is_slow:
        health.findings.append(
            HealthIssue(
                "reads",
                ERROR if allowance.is_used_up else WARNING,
                _("The month's reads run short"),
                words,
                _("Whoever runs this installation"),
            )
        )


def _blocked(block: ReadsBlock, connection: Connection, *, now: datetime) -> HealthIssue:
    """Return what an open block of the reads means; whether QuickBooks named it or it only looks so is a difference."""
    if block.is_said:
        title = _("QuickBooks refuses to be read until the month is over")
        words = _(
            "The monthly reads of this installation’s Intuit app are used up. Creating invoices goes on; statuses "
            "show what was known before. A larger plan at Intuit ends it at once."
        )
    else:
        title = _("QuickBooks has refused to be read for more than ten minutes")
        words = _(
            "It refuses every company although we ask slowly, so the monthly reads of this installation’s Intuit app "
            "may be used up. Creating invoices goes on; statuses show what was known before."
        )
    return HealthIssue(
        "reads-block",
        ERROR,
        title,
        words,
        _("Whoever runs this installation"),
        since=time_text(block.began_at, connection, now=now),
        again=_("By itself, next at %(when)s")
        % {"when": time_text(block.next_probe_at, connection, now=now)},
        action="sync",
    )


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
