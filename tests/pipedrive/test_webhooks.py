"""Webhooks of Pipedrive: from Pipedrive alone, each once, of our company alone; what they say is never believed."""

import json
from base64 import b64encode

import pytest
from django.test import Client
from django.utils import timezone

from deals.models import CrmCopy, CrmEvent, PipedriveCompany
from deals.pipedrive.setting_up import set_up
from deals.pipedrive.tokens import unseal
from deals.pipedrive.webhooks import changes_read

from .conftest import deal_of, deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(crm, installed):
    crm.frame()
    return deal_of(1)


def event(company, entity: str = "deal", **meta):
    facts = {
        "id": "e-1",
        "entity": entity,
        "entity_id": "1",
        "company_id": str(company.company_id),
        "action": "change",
    }
    return {"meta": facts | meta, "data": {"title": "Believed"}, "previous": {}}


def send(company, body, *, user: str = "crm-invoicing", password: str | None = None, key: str = ""):
    password = unseal(company.webhook_password) if password is None else password
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client(enforce_csrf_checks=True).generic(
        "POST", f"/pipedrive/webhook/{key or company.webhook_key}/", text, "application/json",
        headers={"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()},
    )  # fmt: skip


def test_an_event_marks_the_deal_and_its_words_are_not_believed(installed, opened):
    assert send(installed, event(installed)).status_code == 204
    opened.refresh_from_db()
    assert opened.title == "Workshop fit-out"
    assert CrmCopy.objects.get(deal=opened).changed_at is not None


def test_the_same_event_is_taken_once(installed, opened):
    send(installed, event(installed))
    CrmCopy.objects.update(changed_at=None)
    assert send(installed, event(installed)).status_code == 204
    assert CrmCopy.objects.get(deal=opened).changed_at is None
    assert CrmEvent.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"user": "x"}, {"password": "x"}, {"password": ""}, {"key": "another"}])
def test_wrong_credentials_change_nothing(installed, opened, wrong):
    assert send(installed, event(installed), **wrong).status_code == 401
    assert not CrmEvent.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"meta": 1}', b'{"meta": {"id": "x"}}', b"\xff"]
)
def test_unreadable_events_are_refused(installed, opened, body):
    assert send(installed, body).status_code == 400


def test_another_companys_event_is_refused_and_a_large_one_too(installed, opened):
    assert send(installed, event(installed, company_id="1")).status_code == 400
    assert send(installed, b" " * (600 * 1024)).status_code == 413
    assert not CrmEvent.objects.exists()


def test_after_uninstalling_events_are_thanked_for_and_forgotten(installed, opened):
    PipedriveCompany.objects.update(removed_at=timezone.now())
    assert send(installed, event(installed)).status_code == 204
    assert not CrmEvent.objects.exists()


def test_an_event_of_something_nobody_opened_asks_nothing(crm, installed, opened):
    crm.control("reset-calls")
    send(installed, event(installed, entity_id="7"))
    send(installed, event(installed, "activity", id="e-2"))
    changes_read(now=timezone.now())
    assert crm.calls() == []


def test_webhooks_are_registered_once_and_again_when_pipedrive_dropped_them(crm, installed):
    first = len(crm.state()["webhooks"])
    set_up(installed, now=timezone.now())
    assert len(crm.state()["webhooks"]) == first
    crm.running.world.store.table("webhook").clear()
    set_up(installed, now=timezone.now())
    assert len(crm.state()["webhooks"]) == first


def test_what_happens_to_person_organization_and_product_reaches_their_deals(crm, installed, opened):
    changes_read(now=timezone.now())
    for kind, key in (("person", 301), ("organization", 201)):
        CrmCopy.objects.update(changed_at=None)
        crm.control("change", object=kind, id=key, data={"name": f"New {kind}"})
        deliver(crm, installed)
        assert CrmCopy.objects.get(deal=opened).changed_at is not None, kind
    changes_read(now=timezone.now())
    opened.refresh_from_db()
    assert (opened.person.name, opened.organization.name) == ("New person", "New organization")
