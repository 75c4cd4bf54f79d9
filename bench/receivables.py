"""What the receivables page costs with a thousand open invoices and with a hundred thousand: statements, and the slowest looks."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Account
from quickbooks_bridge.models import Invoice, Payment
from tests.factories import connection_make
from tests.fixtures import make_member

from .panel import p95
from .report import Figure

FEW, MANY = 1_000, 100_000
LOOKS = 20
KINDS = ("customer", "rep", "invoice")
# Of each page, with signing in.
MOST = 14


class Books:
    """A company of its own with so many open invoices, a tenth as many settled ones, and somebody who looks."""

    def __init__(self, name: str, count: int) -> None:
        now = datetime.now(UTC)
        account = Account.objects.create(name=name)
        member = make_member(account, name, "admin")
        self.company = connection_make(account, member, realm_id=name, import_state="done", connected_at=now,
            time_zone="America/Chicago", last_sync_at=now, last_viewed_at=now, next_sync_at=now,
        ).company  # fmt: skip
        self.fill(count, now)
        self.client = Client()
        self.client.force_login(member.user)
        self.times: dict[str, list[float]] = {by: [] for by in KINDS}
        self.statements = 0

    def fill(self, count: int, now: datetime) -> None:
        today, settled = now.date(), range(count, count + count // 10)
        rows = (
            Invoice(
                company=self.company, qbo_id=str(number), doc_number=str(number), customer_qbo_id=str(number % (count // 10)),
                customer_name=f"Customer {number % (count // 10)}", currency="USD" if number % 5 else "CAD",
                txn_date=today - timedelta(days=number % 200), due_date=today - timedelta(days=number % 150 - 30),
                total=100, balance=0 if number in settled else 100, mirrored_at=now, remote_updated_at=now,
            )
            for number in range(settled.stop)
        )  # fmt: skip
        Invoice.objects.bulk_create(rows, batch_size=5000)
        paid = (
            Payment(
                company=self.company, qbo_id=str(number), customer_qbo_id=str(number % (count // 10)), total=100,
                txn_date=today - timedelta(days=number % 300), applied=[{"invoice": str(number), "amount": "100.00"}],
            )
            for number in settled
        )  # fmt: skip
        Payment.objects.bulk_create(paid, batch_size=5000)

    def look(self, by: str) -> None:
        with CaptureQueriesContext(database) as queries:
            started = time.perf_counter()
            answer = self.client.get(f"/quickbooks/receivables/?by={by}")
            self.times[by].append(time.perf_counter() - started)
        assert answer.status_code == 200
        self.statements = max(self.statements, len(queries))


def receivables_looking() -> list[Figure]:
    """Looks at both companies in turn, so that whatever else this machine does disturbs both alike."""
    few, many = Books("few-open", FEW), Books("many-open", MANY)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    for by in KINDS:
        few.look(by)
    few.times = {by: [] for by in KINDS}
    for _look in range(LOOKS):
        for by in KINDS:
            few.look(by)
            many.look(by)
    return [
        Figure("receivables: statements", few.statements, MOST),
        Figure(
            f"receivables: statements with {MANY:,} open less those with {FEW:,}",
            many.statements - few.statements,
            0,
        ),
        *(
            Figure(
                f"receivables by {by}, {MANY:,} open: p95 / with {FEW:,}",
                p95(many.times[by]) / p95(few.times[by]),
            )
            for by in KINDS
        ),
        *(Figure(f"   the same in ms of this machine, by {by}", p95(many.times[by]) * 1000) for by in KINDS),
    ]
