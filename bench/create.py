"""What creating an invoice costs of ours: statements and processor time from the posted form to the answer."""

import time
from datetime import UTC, datetime

import requests
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deals.models import Account, Deal, Organization, Stage
from deals.viewer import Viewer
from quickbooks_bridge.models import Customer, InvoiceIntent
from quickbooks_bridge.services.sync.company import initial_import
from tests.bridge.test_invoice_lifecycle import form_data
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect, make_member

from .report import Figure

TIMES = 25
BRACKETS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def plain_creates(emulator: EmulatorProcess, customer: str) -> float:
    """Return the least processor time, in ms, of a plain request that creates an invoice and reads the answer."""
    company = emulator.companies[0]
    url = f"{emulator.api_url}/company/{company['realm_id']}/invoice?minorversion=75"
    headers = {"Authorization": f"Bearer {company['access_token']}", "Accept": "application/json"}
    detail = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 100}
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": customer}, "Line": [line]}
    session, spent = requests.Session(), []
    for _time in range(TIMES):
        started = time.process_time()
        answer = session.post(url, json=body, headers=headers)
        answer.json()
        spent.append((time.process_time() - started) * 1000)
        assert answer.status_code == 200, answer.text[:300]
    return min(spent)


def creating(emulator: EmulatorProcess) -> list[Figure]:
    """Create invoices for a new customer, for one that is linked for the first time, and again and again for it."""
    settings.QUICKBOOKS_CLIENT_ID = emulator.client_id
    settings.QUICKBOOKS_CLIENT_SECRET = emulator.client_secret
    settings.QUICKBOOKS_DISCOVERY_URL = emulator.discovery_url
    settings.QUICKBOOKS_API_URL = emulator.api_url
    account = Account.objects.create(name="Creating")
    viewer = Viewer(account, make_member(account, "creating", "admin"))
    link = connect(viewer, emulator)
    initial_import(link, now=datetime.now(UTC))
    link.refresh_from_db()
    client = Client()
    client.force_login(viewer.member.user)
    stage = Stage.objects.create(account=account, name="Won")
    known = Customer.objects.filter(company__account=account, is_active=True).order_by("display_name").first()
    assert known is not None
    new = {"customer_mode": "new", "new_display_name": "Bench customer"}
    chosen = {"customer_mode": "existing", "customer": known.qbo_id}
    deals = [
        Deal.objects.create(
            account=account,
            stage=stage,
            title=name,
            organization=Organization.objects.create(account=account, name=name),
        )
        for name in ("New", "Known")
    ]
    client.get(f"/deals/{deals[0].pk}/")

    def create(deal: Deal, number: int, **customer: str) -> tuple[int, float]:
        token = f"{deal.pk}-{number}"
        data = form_data(link, token=token, again_reason="measured once more", **customer)
        with CaptureQueriesContext(database) as queries:
            started = time.process_time()
            client.post(f"/deals/{deal.pk}/invoices/new/", data)
            spent = (time.process_time() - started) * 1000
        assert InvoiceIntent.objects.filter(token=token, state=InvoiceIntent.State.SUCCEEDED).exists()
        return len([one for one in queries if not one["sql"].startswith(BRACKETS)]), spent

    plain = plain_creates(emulator, known.qbo_id)
    first_new, _spent = create(deals[0], 0, **new)
    first, _spent = create(deals[1], 0, **chosen)
    again = [create(deals[1], number, **chosen) for number in range(1, TIMES)]
    return [
        Figure("creating: statements", max(count for count, _spent in again), 25),
        # The least of many: what disturbs a run only ever adds.
        Figure(
            "creating: processor time / one plain request that creates it",
            min(spent for _count, spent in again) / plain,
            32,
        ),
        Figure("creating: the same in ms of this machine", min(spent for _count, spent in again)),
        Figure("creating: statements, customer and product linked first", first, 27),
        Figure("creating: statements, customer created too", first_new, 33),
    ]
