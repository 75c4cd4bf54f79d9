"""What QuickBooks meters: reads of one company in a month, from a work day and a free day lived through by the clock.

The day is the QuickBooks emulator's own; what decides when to ask is the product's. Forty changes come in eight hours, and
where somebody looks, it is at a deal through all of them.
"""

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django

django.setup()

from django.conf import settings
from django.test.utils import get_runner, setup_test_environment

from deals.models import Account
from deals.viewer import Viewer
from quickbooks_bridge.deal_page.panels import MAX_AGE_SHOWN
from quickbooks_bridge.domain.webhooks import WebhookChange
from quickbooks_bridge.gateway import usage_counter
from quickbooks_bridge.models import Connection, Invoice, SyncState
from quickbooks_bridge.services.sync.batch import sync_batch
from quickbooks_bridge.services.sync.company import (
    initial_import,
    reference_lists_due,
    reference_lists_refresh,
    request_sync_if_stale,
    sync_company,
)
from quickbooks_bridge.services.sync.webhook_inbox import (
    reschedule_if_new_events,
    webhook_events_mark_processed,
    webhook_events_pending,
    webhook_events_record,
)
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect, make_member

from .overview import point_at
from .report import Figure, show

WORK_DAYS, FREE_DAYS = 22, 8
CHANGES = 40
# The page looks every second; seldomer is enough to tell when it makes the company due.
LOOK_EVERY = 5
OPENS, CLOSES = 9 * 3600, 17 * 3600


@dataclass
class Company:
    """One connected company and the instant it has come to."""

    emulator: EmulatorProcess
    link: Connection
    now: datetime
    number: int = 0

    def day(self, *, has_webhooks: bool, is_looked_at: bool, is_work: bool) -> int:
        """Live through a day from one event to the next; gives the reads."""
        begins, ends, chance = self.now, self.now + timedelta(days=1), random.Random(3)

        def at(second: float) -> datetime:
            return begins + timedelta(seconds=second)

        changes = sorted(at(chance.uniform(OPENS, CLOSES)) for _one in range(CHANGES)) if is_work else []
        looks = (
            [at(second) for second in range(OPENS, CLOSES, LOOK_EVERY)] if is_work and is_looked_at else []
        )
        hours = [at(hour * 3600) for hour in range(24)]
        before = reads()
        while True:
            self.link.refresh_from_db()
            self.now = max(
                self.now,
                min(
                    self.link.company.sync.next_sync_at or begins, *changes[:1], *looks[:1], *hours[:1], ends
                ),
            )
            if self.now >= ends:
                return reads() - before
            if changes and changes[0] <= self.now:
                changes.pop(0)
                self.change(has_webhooks=has_webhooks)
            elif looks and looks[0] <= self.now:
                looks.pop(0)
                request_sync_if_stale(self.link, now=self.now, older_than=MAX_AGE_SHOWN)
            elif hours and hours[0] <= self.now:
                hours.pop(0)
                for _pk in reference_lists_due(now=self.now):
                    reference_lists_refresh(self.link, now=self.now)
            else:
                self.ask()

    def change(self, *, has_webhooks: bool) -> None:
        self.at_emulator()
        self.number += 1
        qbo_id = Invoice.objects.filter(company=self.link.company, is_voided=False).order_by("pk")[0].qbo_id
        path = f"/control/{self.link.company.realm_id}/invoices/{qbo_id}/edit"
        self.emulator.control("POST", path, {"PrivateNote": f"note {self.number}"})
        if has_webhooks:
            told = WebhookChange(
                f"day-{self.number}", self.link.company.realm_id, "invoice", qbo_id, "update"
            )
            webhook_events_record((told,), now=self.now)

    def ask(self) -> None:
        """As the worker does for a company that is due."""
        self.at_emulator()
        polled = sync_batch([self.link.pk], now=self.now)
        if polled.alone:
            rows = webhook_events_pending([self.link.company.realm_id]).get(self.link.company.realm_id, [])
            assert sync_company(self.link, now=self.now)
            webhook_events_mark_processed(rows, now=self.now)
            reschedule_if_new_events([self.link.company.realm_id], now=self.now)
        assert not polled.failed

    def at_emulator(self) -> None:
        self.emulator.control("POST", "/control/clock", {"set": self.now.isoformat()})


def reads() -> int:
    counts = usage_counter.drain_here()
    usage_counter.give_back(counts)
    return sum(times for key, times in counts.items() if key.endswith("|reads"))


def month(company: Company, *, has_webhooks: bool, is_looked_at: bool) -> float:
    SyncState.objects.update(
        last_webhook_at=None, last_missed_webhook_at=None, next_sync_at=company.now, last_viewed_at=None
    )
    if has_webhooks:
        company.change(has_webhooks=True)
    work = company.day(has_webhooks=has_webhooks, is_looked_at=is_looked_at, is_work=True)
    free = company.day(has_webhooks=has_webhooks, is_looked_at=is_looked_at, is_work=False)
    return work * WORK_DAYS + free * FREE_DAYS


def main() -> None:
    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    settings.QUICKBOOKS_MONTHLY_READS = 0
    try:
        with EmulatorProcess("--company", "us", "--single", "--seed", "7") as emulator:
            point_at(emulator)
            settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = emulator.verifier_token
            account = Account.objects.create(name="Reads")
            link = connect(Viewer(account, make_member(account, "reads", "admin")), emulator)
            tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            initial_import(link, now=datetime.now(UTC))
            company = Company(emulator, link, tomorrow)
            figures = [
                Figure(
                    f"{'with webhooks' if has_webhooks else 'without'}, "
                    f"{'somebody looks all day' if is_looked_at else 'nobody looks'}",
                    month(company, has_webhooks=has_webhooks, is_looked_at=is_looked_at),
                )
                for has_webhooks in (True, False)
                for is_looked_at in (False, True)
            ]
    finally:
        runner.teardown_databases(old)
    show(f"reads of a company and month, {CHANGES} changes each of {WORK_DAYS} work days", figures)


if __name__ == "__main__":
    main()
