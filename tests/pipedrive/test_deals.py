"""Live deals of Pipedrive in our form: products, discounts, tax, installments, custom fields of every type, old copies."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from deals.crm_source import freshness_of, load_deal
from deals.fields import read_field
from deals.models import CrmCopy, CustomField, Deal, Organization, PipedriveCompany
from deals.pipedrive import reading as reading_module
from deals.pipedrive.errors import RowNotFound
from deals.pipedrive.reading import deal_read
from deals.pipedrive.tokens import client_for
from deals.pipedrive.webhooks import changes_read
from deals.selectors import load_snapshot

from .conftest import DANA, RAVI, deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(crm, installed):
    """Read a deal of Pipedrive's with its products; returns our row."""

    def reading(deal: int, *, is_whole: bool = True) -> Deal:
        company = PipedriveCompany.objects.select_related("account").get()
        return deal_read(company, client_for(company), str(deal), is_whole=is_whole, now=timezone.now())

    return reading


def test_a_deal_comes_with_whom_it_is_for_and_what_is_sold(read):
    snapshot = load_snapshot(read(1))
    assert (snapshot.title, snapshot.currency) == ("Workshop fit-out", "USD")
    assert snapshot.organization.name == "Harbor & Pine Builders"
    assert (snapshot.organization.address.city, snapshot.organization.address.region) == (
        "Madison",
        "Wisconsin",
    )
    assert snapshot.person.email == "billing@harborpine.example"
    # What was switched off in the deal is not billed.
    assert [
        (line.name, line.quantity, line.unit_price, line.discount, line.discount_kind)
        for line in snapshot.lines
    ] == [
        ("Oak workbench", 2, 640, 10, "percent"),
        ("Cordless drill", 3, Decimal("129.99"), 15, "amount"),
        ("Site survey", Decimal("1.5"), 95, 0, "percent"),
    ]
    assert [(line.tax_percent, line.is_tax_included) for line in snapshot.lines] == [
        (Decimal("8.25"), False), (Decimal("8.25"), True), (0, False),
    ]  # fmt: skip
    assert snapshot.lines[1].comment == "Blue case"


def test_discounts_installments_and_variations_come_too(read):
    assert [(one.kind, one.amount) for one in load_snapshot(read(2)).discounts] == [
        ("percent", 5),
        ("amount", 50),
    ]
    parts = load_snapshot(read(3)).installments
    assert [(part.label, part.amount, part.billed_on.isoformat()) for part in parts] == [
        ("On order", 3100, "2026-12-01"), ("On delivery", 3100, "2027-01-15"), ("Remainder", 3100, "2027-03-01"),
    ]  # fmt: skip
    assert "Oak workbench, 240 cm" in load_snapshot(read(10)).lines[0].comment


def test_custom_fields_of_every_type_are_readable(read):
    deal = read(11)
    labels = dict(CustomField.objects.filter(entity="deal").values_list("label", "key"))
    snapshot = load_snapshot(deal)
    said = {label: read_field(snapshot, f"deal.custom.{key}") for label, key in labels.items()}
    assert said["Billing email"] == "accounts@harborpine.example"
    assert said["Contract terms"] == "Net 30.\nDeliver to the yard, not the office."
    assert said["Margin"] == "23.5"
    assert said["Budget"] == "12500 USD"
    assert said["Priority"] == "High"
    assert said["Services"] == "Delivery, Training"
    assert said["Handover date"] == "2027-01-20"
    assert said["Service period"] == "2027-01-01 – 2027-12-31"
    assert said["Kick-off time"] == "09:00"
    assert said["Visiting hours"] == "09:00 – 11:30"
    assert said["Delivery address"] == "2 Dock Road\nMilwaukee, Wisconsin 53202\nUnited States"
    assert said["Approver"] == "Dana Whitfield"
    assert said["Bill to organization"]
    assert said["Purchaser"]
    assert said["Cost centre"] == "CC-40"


def test_reading_again_makes_nothing_twice_and_logs_nothing(read):
    deal = read(1)
    rows = [line.pk for line in deal.lines.all()]
    entries = deal.timeline.count()
    again = read(1)
    assert again == deal
    assert [line.pk for line in again.lines.all()] == rows
    assert again.timeline.count() == entries
    assert Organization.objects.count() == Organization.objects.values("external_id").distinct().count()


def test_a_product_in_another_currency_a_custom_currency_and_a_deal_without_an_organization(read):
    assert read(4).currency == "EUR"
    assert read(5).currency == "PTS"
    assert read(10).organization is None
    assert not load_snapshot(read(6)).lines


def test_deals_that_are_gone_are_not_read(read):
    for deal in (9, 999):
        with pytest.raises(RowNotFound):
            read(deal)


def test_an_opened_form_costs_few_calls_cold_and_fewer_warm(crm, installed, read):
    read(2)
    crm.control("reset-calls")
    read(1, is_whole=False)
    cold_panel = crm.state()
    crm.control("reset-calls")
    read(1)
    cold_form = crm.state()
    crm.control("reset-calls")
    read(1)
    warm_form = crm.state()
    crm.control("reset-calls")
    read(1, is_whole=False)
    warm_panel = crm.state()
    spent = [state["tokens_spent"] for state in (cold_panel, cold_form, warm_form, warm_panel)]
    # Deal, organization and person; then products, discounts, installments and three products; then without the last.
    assert spent == [3, 36, 33, 1]


def test_webhooks_mark_a_deal_and_it_is_read_with_its_new_products(crm, installed, read):
    deal = read(1)
    line = crm.running.world.store.lines(1)[0]
    crm.control("change", object="deal_product", id=line["id"], data={"quantity": 5})
    assert set(deliver(crm, installed)) == {204}
    assert CrmCopy.objects.get(deal=deal).changed_at is not None
    assert changes_read(now=timezone.now()) == 1
    assert deal.lines.order_by("position").first().quantity == 5
    assert CrmCopy.objects.get(deal=deal).changed_at is None
    assert changes_read(now=timezone.now()) == 0


def test_what_is_told_while_a_deal_is_read_is_read_again(crm, installed, read, monkeypatch):
    deal = read(1)
    CrmCopy.objects.update(changed_at=timezone.now() - timedelta(minutes=1))
    told = timezone.now()

    def lines(reading, deal_id, currency):
        CrmCopy.objects.update(changed_at=told)
        return {}

    monkeypatch.setattr(reading_module, "_lines", lines)
    read(1)
    assert CrmCopy.objects.get(deal=deal).changed_at == told


def test_a_field_that_was_renamed_or_deleted_is_known_at_once(crm, installed):
    field = CustomField.objects.get(entity="organization", label="Tax ID")
    crm.control("rename-field", object="organization", field_code=field.key, name="VAT number")
    deliver(crm, installed)
    PipedriveCompany.objects.update(fields_read_at=None)
    changes_read(now=timezone.now())
    field.refresh_from_db()
    assert field.label == "VAT number"
    crm.control("delete-field", object="organization", field_code=field.key)
    deliver(crm, installed)
    changes_read(now=timezone.now())
    assert not CustomField.objects.filter(pk=field.pk).exists()


def test_a_merged_organization_is_followed(crm, installed, read):
    deal = read(1)
    crm.control("merge-organization", id=201, into=202)
    deliver(crm, installed)
    changes_read(now=timezone.now())
    deal.refresh_from_db()
    assert deal.organization.external_id == "202"


def test_a_deal_that_is_deleted_meanwhile_stays_here_and_says_so(crm, installed, read):
    deal = read(1)
    crm.control("delete", object="deal", id=1)
    deliver(crm, installed)
    changes_read(now=timezone.now())
    assert freshness_of(deal).problem == "not_found"
    assert Deal.objects.filter(pk=deal.pk).exists()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [("429", "limited"), ("cloudflare", "unreachable"), ("500", "unreachable"), ("html", "unreachable"),
     ("drop", "unreachable"), ("half", "unreachable")],
)  # fmt: skip
def test_pipedrive_that_fails_leaves_the_last_copy_and_says_so(crm, installed, read, fault, problem):
    deal = read(1)
    crm.control("faults", kind=fault, count=50)
    found = load_deal(deal, None, now=timezone.now())
    assert found.problem == problem
    assert deal.lines.count() == 3
    assert freshness_of(deal).problem == problem


def test_a_limit_is_waited_for_and_nobody_asks_meanwhile(crm, installed, read):
    deal = read(1)
    crm.control("faults", kind="429", count=1)
    now = timezone.now()
    assert load_deal(deal, None, now=now).problem == "limited"
    crm.control("reset-calls")
    assert load_deal(deal, None, now=now).problem == "limited"
    assert crm.calls() == []
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert load_deal(deal, None, now=timezone.now()).problem == ""


def test_a_person_sees_what_pipedrive_shows_them(crm, installed):
    crm.install(RAVI)
    assert crm.enter(deal=13, user=DANA).status_code == 302
    answer = crm.enter(deal=13, user=RAVI)
    assert answer.status_code == 403
    assert "does not show you this deal" in answer.content.decode()


def test_who_saw_a_deal_lately_sees_it_while_pipedrive_does_not_answer(crm, installed):
    crm.install(RAVI)
    assert crm.enter(deal=1, user=DANA).status_code == 302
    crm.control("faults", kind="500", count=500)
    assert crm.enter(deal=1, user=DANA, id="2").status_code == 302
    answer = crm.enter(deal=1, user=RAVI)
    assert answer.status_code == 403
    assert "does not answer" in answer.content.decode()
    frame = crm.frame(deal=1)
    page = frame.get().content.decode()
    assert "The CRM does not answer right now" in page
