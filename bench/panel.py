"""What a look at a deal costs with ten invoices and with a hundred thousand: statements, and the slowest of twenty looks."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Account, Deal, Stage
from quickbooks_bridge.models import Invoice
from tests.factories import connection_make
from tests.fixtures import make_member

from .report import Figure

FEW, MANY = 10, 100_000
LOOKS = 200
# Statements of a poll, with signing in: on servers that is two.
MOST = {"drawn": 10, "unchanged": 4}
# A look in so many finds that an invoice of the deal has changed.
CHANGED_EVERY = 50


class Panel:
    """A company of its own with one deal, which somebody looks at."""

    def __init__(self, name: str, *, on_deal: int, elsewhere: int = 0) -> None:
        now = datetime.now(UTC)
        self.account = Account.objects.create(name=name)
        member = make_member(self.account, name, "admin")
        stage = Stage.objects.create(account=self.account, name="Won")
        self.link = connection_make(self.account, member, realm_id=name, import_state="done", connected_at=now,
            time_zone="America/Chicago", last_sync_at=now, last_viewed_at=now, next_sync_at=now,
        )  # fmt: skip
        self.deal = Deal.objects.create(account=self.account, stage=stage, title="Deal", value=1000)
        self.fill(on_deal, self.deal)
        self.fill(elsewhere, Deal.objects.create(account=self.account, stage=stage, title="Other"))
        self.client = Client()
        self.client.force_login(member.user)
        self.address = f"/deals/{self.deal.pk}/invoices/tab/"
        self.begin("drawn")

    def fill(self, count: int, deal: Deal) -> None:
        now = datetime.now(UTC)
        rows = (
            Invoice(
                deal=deal, company=self.link.company, qbo_id=f"{deal.pk}-{number}",
                customer_qbo_id="1", txn_date=now.date() - timedelta(days=number % 900), total=100,
                balance=50 if number % 7 == 0 else 0, due_date=now.date() - timedelta(days=number % 900 - 30),
                mirrored_at=now, remote_updated_at=now, payment_qbo_ids=[str(number)],
            )
            for number in range(count)
        )  # fmt: skip
        Invoice.objects.bulk_create(rows, batch_size=5000)

    def begin(self, what: str) -> None:
        """Measure anew: looks that draw the panel, or those of a page in the browser that is still right."""
        self.times: list[float] = []
        self.statements = 0
        page = self.client.get(self.address).content.decode()
        again = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
        self.seen = again if what == "unchanged" else ""

    def look(self, at: int) -> None:
        if not self.seen and at % CHANGED_EVERY == CHANGED_EVERY - 1:
            changed = Invoice.objects.filter(deal=self.deal).order_by("pk").first()
            assert changed is not None
            Invoice.objects.filter(pk=changed.pk).update(total=Decimal(100 + at))
        with CaptureQueriesContext(database) as queries:
            started = time.perf_counter()
            answer = self.client.get(self.seen or self.address)
            self.times.append(time.perf_counter() - started)
        assert answer.status_code == (204 if self.seen else 200)
        self.statements = max(self.statements, len(queries))


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def looking() -> list[Figure]:
    """Looks at three deals in turn, so that whatever else this machine does disturbs all of them alike."""
    few = Panel("few", on_deal=FEW)
    others = {
        f"{MANY:,} on the deal": Panel("many", on_deal=MANY),
        f"{MANY:,} in the company": Panel("elsewhere", on_deal=FEW, elsewhere=MANY),
    }
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    panels = (few, *others.values())
    figures = []
    for what in ("drawn", "unchanged"):
        for panel in panels:
            panel.begin(what)
        for at in range(LOOKS):
            for panel in panels:
                panel.look(at)
        figures.append(Figure(f"panel {what}: statements", max(one.statements for one in panels), MOST[what]))
        figures += [
            Figure(f"panel {what}, {name}: p95 / with {FEW}", p95(panel.times) / p95(few.times), 1.2)
            for name, panel in others.items()
        ]
    return figures
