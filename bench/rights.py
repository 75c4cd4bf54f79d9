"""What rights cost: statements of the main pages for an owner, and for reps who see all, their own or chosen deals."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Account, Deal, DealShare, Member, Stage
from tests.factories import connection_make
from tests.fixtures import make_member

from .report import Figure

PAGES = (
    "/deals/",
    "/deals/{deal}/?tab=invoice",
    "/deals/{deal}/invoices/new/",
    "/quickbooks/receivables/",
    "/products/",
)
# One statement at most: whether a deal is among the chosen ones.
MOST = 1


def _statements(member: Member, deal: Deal) -> list[int]:
    """Return how many statements each page takes; looked at once before, for what is read only once."""
    client = Client()
    client.force_login(member.user)
    counts = []
    for page in PAGES:
        address = page.format(deal=deal.pk)
        client.get(address)
        with CaptureQueriesContext(database) as queries:
            assert client.get(address).status_code == 200, address
        counts.append(len(queries))
    return counts


def rights_reading() -> list[Figure]:
    """Return by how many statements a page of a rep exceeds the owner's, page by page."""
    now = datetime.now(UTC)
    account = Account.objects.create(name="Rights", shares_invoices=True)
    owner = make_member(account, "rights-owner", "owner")
    connection_make(account, owner, realm_id="rights", import_state="done", connected_at=now, last_sync_at=now,
        last_viewed_at=now, next_sync_at=now, time_zone="America/Chicago")  # fmt: skip
    people: dict[str, Any] = {
        kind: make_member(account, f"rights-{kind}") for kind in (Member.Deals.ALL, Member.Deals.OWN, Member.Deals.CHOSEN)
    }  # fmt: skip
    stage = Stage.objects.create(account=account, name="Won")
    deals = [
        Deal.objects.create(
            account=account, stage=stage, title=f"Deal {number}", owner=people[Member.Deals.OWN]
        )
        for number in range(50)
    ]
    for kind, member in people.items():
        Member.objects.filter(pk=member.pk).update(deals_seen=kind)
        member.refresh_from_db()
    DealShare.objects.create(deal=deals[0], member=people[Member.Deals.CHOSEN])
    mine = _statements(owner, deals[0])
    figures = []
    for kind, member in people.items():
        for page, own, theirs in zip(PAGES, mine, _statements(member, deals[0]), strict=True):
            what = f"{page}, {kind} deals seen: statements over the owner's"
            figures.append(Figure(what, theirs - own, MOST))
    return figures
