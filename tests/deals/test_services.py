"""Writes of the CRM leave their line in the deal's change log."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from deals import services
from deals.models import CustomField, Deal, DealLine, Person, Stage
from deals.selectors import deal_for
from deals.timeline import timeline_line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 13, 9, 41, tzinfo=UTC)


def log(deal) -> list[str]:
    return ["".join(map(str, timeline_line(entry.kind, entry.data).parts)) for entry in deal.timeline.all()]


def test_the_log_says_what_changed_from_what_to_what(deal, rep):
    CustomField.objects.create(account=deal.account, entity="deal", key="po", label="PO number")
    edited = Deal.objects.get(pk=deal.pk)
    edited.value = Decimal("2000.50")
    edited.status = "won"
    edited.closed_on = date(2026, 3, 13)
    edited.owner = rep.member
    edited.custom = {"po": "PO-7"}
    services.deal_save(edited, at=NOW, actor=rep.member)
    assert log(deal) == [
        "Deal changed. Value: $1,500.00 → $2,000.50 · Status: Open → Won · Owner: – → Rob"
        " · Closed on: – → Mar 13, 2026 · PO number: – → PO-7"
    ]


def test_saving_without_a_change_leaves_no_trace(deal, rep):
    services.deal_save(Deal.objects.get(pk=deal.pk), at=NOW, actor=rep.member)
    services.deal_line_save(deal.lines.get(), at=NOW, actor=rep.member)
    services.deal_move(deal, deal.stage, at=NOW, actor=rep.member)
    assert log(deal) == []


def test_a_stage_changed_in_the_form_is_logged_as_a_move(deal, rep):
    edited = Deal.objects.get(pk=deal.pk)
    edited.stage = Stage.objects.create(account=deal.account, name="Delivery", position=2)
    services.deal_save(edited, at=NOW, actor=rep.member)
    assert log(deal) == ["Moved from Won to Delivery"]


def test_lines_are_logged_when_added_changed_and_removed(deal, rep):
    line = DealLine(deal=deal, name="Lamp", unit_price=Decimal("79.5"))
    services.deal_line_save(line, at=NOW, actor=rep.member)
    line.quantity = Decimal(3)
    services.deal_line_save(line, at=NOW, actor=rep.member)
    services.deal_line_remove(line, at=NOW, actor=rep.member)
    assert log(deal) == [
        "Product Lamp removed",
        "Product Lamp changed. Quantity: 1 → 3",
        "Product Lamp added",
    ]


@pytest.mark.parametrize(
    ("discount", "kind", "total"),
    [("0", "percent", "1500.00"), ("10", "percent", "1350.00"), ("0.333", "percent", "1495.01"),
     ("100", "amount", "1400.00"), ("100", "percent", "0.00")],
)  # fmt: skip
def test_a_discount_is_taken_off_the_line(deal, discount, kind, total):
    line = deal.lines.get()
    line.discount, line.discount_kind = Decimal(discount), kind
    assert services.line_total(line) == Decimal(total)


def test_people_leave_a_deal_without_taking_it_along(deal, admin):
    Person.objects.filter(pk=deal.person_id).delete()
    assert deal_for(admin, deal.pk).person is None
