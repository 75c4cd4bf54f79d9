"""What the broker tests do inside an installation, one function per act."""

import base64
import hashlib
import hmac
import json
import threading
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from deals.models import Account, Deal
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, Heartbeat, Invoice, InvoiceEvent, InvoiceIntent, SyncState
from quickbooks_bridge.services.sync.company import initial_import
from tests.emulator_process import EmulatorProcess
from tests.fixtures import connect, make_deal, make_member


def prepare(url: str, realm: str) -> int:
    """An account with a deal, connected and read."""
    account = Account.objects.create(name="Brokers")
    viewer = Viewer(account, make_member(account, "bo", "admin"))
    emulator = EmulatorProcess()
    emulator.url, emulator.companies = url, [{"realm_id": realm}]
    link = connect(viewer, emulator)
    assert initial_import(link, now=timezone.now())
    SyncState.objects.update(next_sync_at=timezone.now() + timedelta(days=1))
    return make_deal(account).pk


def some_open_invoice() -> dict[str, str]:
    row = Invoice.objects.filter(is_voided=False, is_deleted=False, balance__gt=10).order_by("-pk")[0]
    return {"qbo_id": row.qbo_id, "note": ""}


def balance(qbo_id: str) -> str:
    return str(Invoice.objects.get(qbo_id=qbo_id).balance)


def events(qbo_id: str) -> int:
    return InvoiceEvent.objects.filter(invoice__qbo_id=qbo_id).count()


def make_due() -> int:
    """As if the poll cycle were over and every lease had run out."""
    past = timezone.now() - timedelta(seconds=1)
    InvoiceIntent.objects.filter(finished_at__isnull=True).update(lease_until=None, next_check_at=past)
    return SyncState.objects.update(next_sync_at=past, sync_lease_until=None)


def rest() -> int:
    """Nothing is due, and no lease of a killed worker is left."""
    later = timezone.now() + timedelta(days=1)
    InvoiceIntent.objects.filter(finished_at__isnull=True).update(next_check_at=None)
    return SyncState.objects.update(next_sync_at=later, sync_lease_until=None)


def announce(qbo_id: str) -> int:
    """QuickBooks' webhook event of a change, as its HTTP request."""
    realm = Connection.objects.get().company.realm_id
    change = {"name": "Invoice", "id": qbo_id, "operation": "Update", "lastUpdated": uuid.uuid4().hex}
    news = {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": [change]}}]}
    body = json.dumps(news).encode()
    key = settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN.encode()
    signature = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    answer = Client(headers={"intuit-signature": signature}).post(
        "/quickbooks/webhook/", body, content_type="application/json"
    )
    return answer.status_code


def decide(deal: int) -> int:
    """An invoice somebody decided to make: the row, before anything was sent."""
    link = Connection.objects.get()
    now = timezone.now()
    request_id = uuid.uuid4().hex
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": 95,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 95},
    }
    return InvoiceIntent.objects.create(
        account=link.account,
        deal=Deal.objects.get(pk=deal),
        member=link.owner,
        company=link.company,
        token=request_id,
        request_id=request_id,
        payload={"CustomerRef": {"value": "1"}, "Line": [line], "PrivateNote": f"note {request_id}"},
        currency="USD",
        expected_total=95,
        created_at=now,
        next_check_at=now,
    ).pk


def intent(pk: int) -> str:
    return InvoiceIntent.objects.get(pk=pk).state


def request_id(pk: int) -> str:
    return InvoiceIntent.objects.get(pk=pk).request_id


def at_once(task: str, pk: int, times: int) -> int:
    """The same message many times over: to the broker, or without one to as many threads."""
    module, _dot, name = task.partition(".")
    job: Any = getattr(import_module(f"quickbooks_bridge.tasks.{module}"), name)
    if settings.REDIS_URL:
        for _time in range(times):
            job.delay(pk)
        return times

    def run() -> None:
        job(pk)
        close_old_connections()

    threads = [threading.Thread(target=run) for _time in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def connection_pk() -> int:
    return Connection.objects.get().pk


def has_beaten() -> bool:
    return Heartbeat.objects.exists()


def is_listening() -> bool:
    return bool(current_app.control.ping(timeout=1))


def forget_beat() -> int:
    return Heartbeat.objects.all().delete()[0]
