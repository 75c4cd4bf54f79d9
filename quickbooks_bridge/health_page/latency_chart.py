"""The last 24 hours as a picture: how long changes took to show, and when QuickBooks could not be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_invoicing.ui.templatetags.ui import clock
from quickbooks_bridge.models import Connection, Outage, SyncLatencyHour
from quickbooks_bridge.selectors.connections import company_zone
from quickbooks_bridge.services.operations.sync_latency import hour_of
from quickbooks_bridge.services.sync.webhook_trust import webhooks_reliable

from .components import grouped, span_text
from .pending_work import trouble_text

HOURS = 24
DAY = timedelta(hours=HOURS)
HOUR = timedelta(hours=1)
# Where webhooks arrive or a page is looked at; else a change waits for the next regular poll.
TARGET = 120
# The drawing's own units: an hour is 10 wide, the whole 100 high.
STEP, HIGH = 10, 100
# Round heights of the scale, in seconds: halves of them are round too.
TOPS = (60, 120, 240, 480, 720, 1200, 1800, 3600, 7200, 14400, 43200, 86400, 172800)
CHART_TEXTS = 3


@dataclass(frozen=True)
class Bar:
    """One hour with changes: the slowest hollow, the average filled; all in the drawing's units."""

    x: float
    top: float
    height: float
    typical_top: float
    typical_height: float
    hour: str
    changes: str
    typical: str
    slowest: str


@dataclass(frozen=True)
class Band:
    """A time without answers."""

    x: float
    width: float


@dataclass(frozen=True)
class Chart:
    """What is drawn, with the words that say the same."""

    bars: list[Bar]
    bands: list[Band]
    scale: list[tuple[float, str]]
    target: float
    target_text: str
    hours: list[str]
    summary: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured and nothing failed."""
        return not self.bars and not self.bands


def chart(connection: Connection, *, now: datetime) -> Chart:
    """Draw the last 24 hours in the company's time zone from at most 24 rows and the outages."""
    mine = {"company": connection.company_id}
    start = hour_of(now) - DAY + HOUR
    rows = list(SyncLatencyHour.objects.filter(**mine, hour__gte=start, changes__gt=0).order_by("hour"))
    outages = [
        row
        for row in Outage.objects.filter(**mine, began_at__gt=start - 13 * DAY).order_by("began_at")
        if row.ended_at is None or row.ended_at > start
    ]
    target = _target(connection, now=now)
    highest = max([target * 1.25, *(row.max_seconds for row in rows)])
    top = next((one for one in TOPS if one >= highest), TOPS[-1])
    zone = company_zone(connection)
    return Chart(
        bars=[_bar(row, start, top, clock(row.hour, zone)) for row in rows],
        bands=[_band(row, start, now) for row in outages],
        scale=[(HIGH - HIGH * share, span_text(top * share)) for share in (1, 0.5, 0)],
        target=HIGH - HIGH * target / top,
        target_text=span_text(target),
        hours=[clock(start + HOUR * at, zone) for at in range(0, HOURS, 4)],
        summary=_summary(connection, rows, outages, now=now),
    )


def _target(connection: Connection, *, now: datetime) -> int:
    """Return the seconds within which a change should show: two minutes, or the pause between polls and a little."""
    if webhooks_reliable(connection, now=now):
        return TARGET
    every: int = settings.QUICKBOOKS_POLL_SECONDS
    return max(TARGET, round(every * 1.2))


def _bar(row: SyncLatencyHour, start: datetime, top: int, hour: str) -> Bar:
    average = row.total_seconds / row.changes
    high, low = (max(1.5, min(HIGH, HIGH * value / top)) for value in (row.max_seconds, average))
    x = (row.hour - start) / HOUR * STEP + 2
    return Bar(
        round(x, 2),
        round(HIGH - high, 2),
        round(high, 2),
        round(HIGH - low, 2),
        round(low, 2),
        hour,
        grouped(row.changes),
        span_text(average),
        span_text(row.max_seconds),
    )


def _band(row: Outage, start: datetime, now: datetime) -> Band:
    begin = max(row.began_at, start)
    end = min(row.ended_at or now, now)
    return Band(round((begin - start) / HOUR * STEP, 2), round(max(1.0, (end - begin) / HOUR * STEP), 2))


def _summary(
    connection: Connection, rows: list[SyncLatencyHour], outages: list[Outage], *, now: datetime
) -> str:
    said = []
    count = sum(row.changes for row in rows)
    if count:
        slowest = max(rows, key=lambda row: row.max_seconds)
        said.append(
            ngettext(
                "Typical %(typical)s, over %(count)s change of an invoice.",
                "Typical %(typical)s, over %(count)s changes of invoices.",
                count,
            )
            % {"typical": span_text(_typical(rows, count)), "count": grouped(count)}
        )
        if slowest.max_seconds > TARGET:
            words = {
                "span": span_text(slowest.max_seconds),
                "time": clock(slowest.hour, company_zone(connection)),
            }
            said.append(_("The slowest took %(span)s, in the hour from %(time)s.") % words)
    else:
        said.append(_("No invoice changed in QuickBooks, so there was nothing to measure."))
    said += [_outage_text(row, connection, now=now) for row in outages[-CHART_TEXTS:]]
    more = len(outages) - CHART_TEXTS
    if more > 0:
        said.append(
            ngettext("Before that there was one more time.", "Before that there were %(n)s more times.", more)
            % {"n": more}
        )
    if not outages and connection.is_active:
        said.append(_("QuickBooks answered every time."))
    return " ".join(said)


def _typical(rows: list[SyncLatencyHour], count: int) -> float:
    """Return the average of the hour in which the middle one of all changes fell, hours in order of their average."""
    seen = 0
    for row in sorted(rows, key=lambda row: row.total_seconds / row.changes):
        seen += row.changes
        if seen * 2 >= count:
            return row.total_seconds / row.changes
    return 0


def _outage_text(row: Outage, connection: Connection, *, now: datetime) -> str:
    zone = company_zone(connection)
    words = {"time": clock(row.began_at, zone), "what": trouble_text(row.problem)}
    if row.ended_at is None:
        return _("%(time)s: %(what)s, and that lasts.") % words
    words["span"] = span_text((row.ended_at - row.began_at).total_seconds())
    words["end"] = clock(row.ended_at, zone)
    return _("%(time)s: %(what)s for %(span)s; everything was up to date by %(end)s.") % words
