"""Writes of the CRM side, each with its line in the deal's change log."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from .models import Deal, DealLine, Member, Stage, TimelineEntry

CENT = Decimal("0.01")


def line_total(line: DealLine) -> Decimal:
    """Give what a line costs after its discount, without tax, in cents."""
    gross = line.quantity * line.unit_price
    off = gross * line.discount / 100 if line.discount_kind == "percent" else line.discount
    return (gross - off).quantize(CENT, ROUND_HALF_UP)


def timeline_add(deal: Deal, kind: str, data: dict[str, Any], *, at: datetime, actor: Member | None) -> None:
    """Write one line of a deal's change log."""
    TimelineEntry.objects.create(
        account_id=deal.account_id, deal=deal, at=at, kind=kind, data=data, actor=actor
    )


@transaction.atomic
def deal_save(deal: Deal, changed: Iterable[str], *, at: datetime, actor: Member) -> Deal:
    """Store a new or edited deal and say in its log what changed."""
    is_new = deal.pk is None
    deal.save()
    fields = [name for name in changed if name != "stage"]
    if is_new:
        timeline_add(deal, "deal.created", {"title": deal.title}, at=at, actor=actor)
    elif fields:
        timeline_add(deal, "deal.changed", {"fields": fields}, at=at, actor=actor)
    return deal


@transaction.atomic
def deal_move(deal: Deal, stage: Stage, *, at: datetime, actor: Member) -> None:
    """Move a deal to another stage."""
    if deal.stage_id == stage.pk:
        return
    data = {"before": deal.stage.name, "after": stage.name}
    deal.stage = stage
    deal.save(update_fields=["stage", "updated_at"])
    timeline_add(deal, "deal.moved", data, at=at, actor=actor)


@transaction.atomic
def deal_line_save(line: DealLine, *, at: datetime, actor: Member) -> None:
    """Store a new or edited product line."""
    is_new = line.pk is None
    if is_new:
        last = line.deal.lines.aggregate(last=Max("position"))["last"]
        line.position = (last or 0) + 1
    line.save()
    kind = "line.added" if is_new else "line.changed"
    timeline_add(line.deal, kind, {"name": line.name}, at=at, actor=actor)


@transaction.atomic
def deal_line_remove(line: DealLine, *, at: datetime, actor: Member) -> None:
    """Take a product off a deal."""
    timeline_add(line.deal, "line.removed", {"name": line.name}, at=at, actor=actor)
    line.delete()
