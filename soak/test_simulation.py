"""R6: a simulated day of busy companies and a simulated week of one, compared with QuickBooks every hour."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery import current_app

from quickbooks_bridge.gateway import rate_limiter
from quickbooks_bridge.models import Connection
from quickbooks_bridge.tasks import dispatch
from tests.emulator_process import EmulatorProcess

from .scorecard import record, size
from .simulation import Simulation
from .wall_clocks import ZONES

pytestmark = pytest.mark.django_db

# The clocks in Chicago go forward on Sunday the 8th at two in the morning; an hour goes by until all are connected.
# From then on the day has both its midnights, the one before the change and the one after.
DAY = datetime(2026, 3, 8, 4, tzinfo=UTC)
WEEK = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def simulation(settings, monkeypatch) -> Iterator[Simulation]:
    """A QuickBooks emulator of one usual company and many small ones, and this process as web and worker."""
    companies = size("SIMULATED_COMPANIES", quick=3, long=200)
    arguments = ("--company", "us", "--single", "--companies", str(companies), "--seed", "7")
    with EmulatorProcess(*arguments) as emulator:
        settings.QUICKBOOKS_CLIENT_ID = emulator.client_id
        settings.QUICKBOOKS_CLIENT_SECRET = emulator.client_secret
        settings.QUICKBOOKS_DISCOVERY_URL = emulator.discovery_url
        settings.QUICKBOOKS_API_URL = emulator.api_url
        settings.QUICKBOOKS_WEB_URL = emulator.url
        settings.PUBLIC_URL = "http://localhost:8000"
        # Messages are taken the moment they are sent; rows stay the work list.
        settings.CELERY_TASK_ALWAYS_EAGER = settings.CELERY_TASK_EAGER_PROPAGATES = True
        current_app.conf.update(task_always_eager=True, task_eager_propagates=True)
        monkeypatch.setattr(dispatch._LastBeat, "written", None)
        with time_machine.travel(WEEK, tick=False) as traveller:
            for name in ("PER_SECOND", "PER_MINUTE", "BACKGROUND_PER_MINUTE", "BACKGROUND_PER_SECOND"):
                monkeypatch.setattr(rate_limiter, name, 10**6)
            # A company that QuickBooks holds back waits by the simulated clock too.
            simulated = rate_limiter.LocalLimiter(clock=time.time, wait=traveller.shift)
            monkeypatch.setattr(rate_limiter, "LocalLimiter", lambda: simulated)
            rate_limiter.default_limiter.cache_clear()
            step = timedelta(minutes=size("SIMULATED_STEP", quick=10, long=5))
            yield Simulation(emulator, traveller, chance=0.4, step=step)
        rate_limiter.default_limiter.cache_clear()
    current_app.conf.update(task_always_eager=False, task_eager_propagates=False)


def report(simulation: Simulation, what: str) -> None:
    """Keep the figures; the first differences are said before one of them fails."""
    print("\n".join(simulation.reconcile_differences), dict(simulation.figures))
    found = simulation.figures
    for kind, words in {
        "drift": "rows that differ from QuickBooks",
        "midnight": "flags that turn early or late at midnight",
        "stuck": "leases, times and decisions that are stuck",
        "late": "companies not up to date within 20 minutes",
        "doubled": "invoices made twice",
    }.items():
        record("R6", f"{what}: {words}", found[kind], 0)


def test_day_of_busy_companies(simulation):
    hours = size("SIMULATED_HOURS", quick=24, long=24)
    count = len(simulation.emulator.companies) - 1
    simulation.open(range(1, count + 1), ZONES, start=DAY)
    # Else a day would see each refresh token replaced but once.
    simulation.people.control("oauth", {"rotation": 6 * 3600})
    revoked = simulation.companies[1]
    for number in range(hours):
        if number == 2:
            simulation.lose_tokens(revoked)
        simulation.hour(number)
        is_asked = revoked.connection.status == Connection.Status.NEEDS_RECONNECT
        if revoked.cut_off_at and is_asked and number >= 7:
            simulation.sign_in_again(revoked)
    assert revoked.cut_off_at is None
    found = simulation.figures
    what = f"{count} companies, {hours} simulated hours, {found['changes']} changes, {found['made here']} made here"
    report(simulation, what)
    record("R6", f"{what}: invoices that turned overdue", found["turned at midnight"], 1, at_least=True)
    record("R6", f"{what}: refresh tokens", found["refresh tokens"], count * (hours // 8), at_least=True)
    assert found["killed"]
    assert found["lines of lateness"]


def test_week_of_one_company(simulation):
    days = size("SIMULATED_DAYS", quick=1, long=7)
    start = WEEK if days > 3 else DAY
    simulation.people.chance = 0.9
    simulation.open([0], ZONES, start=start)
    before = simulation.companies[0].connection
    for number in range(days * 24):
        simulation.hour(number)
    after = simulation.companies[0].connection
    found = simulation.figures
    what = f"1 company, {days} simulated days, {found['changes']} changes, {found['made here']} made here"
    report(simulation, what)
    record(
        "R6", f"{what}: token renewals", after.token_version - before.token_version, days * 23, at_least=True
    )
    record("R6", f"{what}: refresh tokens", found["refresh tokens"], days, at_least=True)
    record("R6", f"{what}: invoices that turned overdue", found["turned at midnight"], days, at_least=True)
