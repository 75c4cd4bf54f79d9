"""What calls of the REST API cost with ten deals and with a hundred thousand: statements, and the slowest of many calls."""

import time
from decimal import Decimal

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Account, ApiToken, Deal, DealLine, Stage
from tests.fixtures import make_member

from .panel import p95
from .report import Figure

FEW, MANY = 10, 100_000
CALLS = 60
# Statements of each call, with finding the token and its member.
MOST = {"list of deals": 8, "one deal": 8, "push of an unchanged deal": 16}


class Tenant:
    """An account of its own with so many deals, and a caller with a token."""

    def __init__(self, name: str, *, deals: int) -> None:
        self.account = Account.objects.create(name=name)
        member = make_member(self.account, name, "admin")
        stage = Stage.objects.create(account=self.account, name="Open")
        Deal.objects.bulk_create(
            (
                Deal(account=self.account, stage=stage, title=f"Deal {at}", value=100, external_source="api", external_id=f"d-{at}")
                for at in range(deals)
            ),
            batch_size=5000,
        )  # fmt: skip
        self.deal = Deal.objects.filter(account=self.account).order_by("-pk").first()
        assert self.deal is not None
        DealLine.objects.bulk_create(
            DealLine(
                deal=self.deal,
                name=f"Line {at}",
                external_id=f"l-{at}",
                unit_price=Decimal(5),
                position=at + 1,
            )
            for at in range(5)
        )
        _row, token = ApiToken.objects.create(user=member.user, expiry=None, name="bench", rights="push")
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, what: str) -> None:
        """Make one call."""
        assert self.deal is not None
        base = "/api/v1/deals/"
        if what == "list of deals":
            answer = Client().get(f"{base}?limit=50", headers=self.headers)
        elif what == "one deal":
            answer = Client().get(f"{base}{self.deal.pk}/", headers=self.headers)
        else:
            lines = [{"external_id": f"l-{at}", "name": f"Line {at}", "unit_price": "5"} for at in range(5)]
            body = {"title": self.deal.title, "lines": lines}
            path = f"{base}external/{self.deal.external_id}/"
            answer = Client().put(path, body, content_type="application/json", headers=self.headers)
        assert answer.status_code == 200, answer.content[:200]

    def measured(self, what: str) -> tuple[int, float]:
        """Return the statements of a call, and the time that 95 of 100 stay below."""
        self.call(what)
        with CaptureQueriesContext(database) as queries:
            self.call(what)
        statements = len(queries)
        times = []
        for _call in range(CALLS):
            started = time.perf_counter()
            self.call(what)
            times.append(time.perf_counter() - started)
        return statements, p95(times)


def api_calling() -> list[Figure]:
    """Return the figures of the API."""
    few, many = Tenant("api-few", deals=FEW), Tenant("api-many", deals=MANY)
    # What a database learns by itself within minutes, of rows that were all written a moment ago.
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    figures = []
    for what, most in MOST.items():
        statements, small = few.measured(what)
        at_scale, large = many.measured(what)
        figures.append(Figure(f"API, {what}: statements", max(statements, at_scale), most))
        figures.append(
            Figure(f"API, {what}, {MANY:,} deals: p95 / with {FEW}", large / small, 1.5, is_timed=True)
        )
    return figures
