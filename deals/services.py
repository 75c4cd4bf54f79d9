"""Writes of the CRM side, each with its line in the deal's change log."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max

from .bulk_insert import bulk_insert
from .models import CustomField, Deal, DealLine, Member, Stage, TimelineEntry

CENT = Decimal("0.01")
DEAL_FIELDS = ("title", "organization", "person", "value", "currency", "status", "owner", "closed_on")
LINE_FIELDS = ("name", "quantity", "unit_price", "discount", "discount_kind", "tax_percent", "comment")


def line_total(line: DealLine) -> Decimal:
    """Return what a line costs after its discount, without tax, in cents."""
    gross = line.quantity * line.unit_price
    off = gross * line.discount / 100 if line.discount_kind == "percent" else line.discount
    return (gross - off).quantize(CENT, ROUND_HALF_UP)


class NewTimelineEntry(NamedTuple):
    """One entry of a deal's timeline that is to be written; `kind` names how `data` is put into words."""

    account_id: int
    deal_id: int
    occurred_at: datetime
    kind: str
    data: Mapping[str, Any]
    actor_id: int | None = None


def timeline_add(deal: Deal, kind: str, data: dict[str, Any], *, at: datetime, actor: Member | None) -> None:
    """Write one entry of a deal's timeline."""
    timeline_bulk_add(
        [NewTimelineEntry(deal.account_id, deal.pk, at, kind, data, actor.pk if actor else None)]
    )


def timeline_bulk_add(entries: Iterable[NewTimelineEntry]) -> None:
    """Write entries of any deals' timelines in one statement; nothing else writes them."""
    bulk_insert(TimelineEntry, NewTimelineEntry._fields, entries)


def timeline_entry_amend(
    deal_id: int,
    kind: str,
    *,
    occurred_at: datetime,
    matching: Mapping[str, str],
    data: dict[str, Any],
    actor: Member,
) -> None:
    """Replace what the entry of this kind and time tells whose data hold `matching`: who did it and why came later."""
    entries = TimelineEntry.objects.filter(deal_id=deal_id, kind=kind, occurred_at=occurred_at)
    entries.filter(**{f"data__{key}": value for key, value in matching.items()}).update(
        data=data, actor=actor
    )


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _changes(before: Any, after: Any, names: tuple[str, ...]) -> list[dict[str, str]]:
    pairs = ((name, _plain(getattr(before, name)), _plain(getattr(after, name))) for name in names)
    return [{"field": name, "before": old, "after": new} for name, old, new in pairs if old != new]


def _custom_changes(before: Deal, after: Deal) -> list[dict[str, str]]:
    old, new = before.custom or {}, after.custom or {}
    keys = [key for key in {**old, **new} if _plain(old.get(key)) != _plain(new.get(key))]
    labels = dict(
        CustomField.objects.filter(
            account_id=after.account_id, entity=CustomField.Entity.DEAL, key__in=keys
        ).values_list("key", "label")
        if keys
        else ()
    )
    return [
        {"label": labels.get(key, key), "before": _plain(old.get(key)), "after": _plain(new.get(key))}
        for key in keys
    ]


@transaction.atomic
def deal_save(deal: Deal, *, at: datetime, actor: Member | None) -> Deal:
    """Store a new or edited deal and say in its log what changed, from what to what."""
    if deal.pk is None:
        deal.save()
        timeline_add(deal, "deal.created", {"title": deal.title}, at=at, actor=actor)
        return deal
    stored = Deal.objects.select_related("organization", "person", "owner", "stage").get(pk=deal.pk)
    deal.save()
    changes = _changes(stored, deal, DEAL_FIELDS) + _custom_changes(stored, deal)
    if changes:
        data = {"changes": changes, "currency": deal.currency}
        timeline_add(deal, "deal.changed", data, at=at, actor=actor)
    if stored.stage_id != deal.stage_id:
        moved = {"before": stored.stage.name, "after": deal.stage.name}
        timeline_add(deal, "deal.moved", moved, at=at, actor=actor)
    return deal


@transaction.atomic
def deal_move(deal: Deal, stage: Stage, *, at: datetime, actor: Member | None) -> None:
    """Move a deal to another stage."""
    if deal.stage_id == stage.pk:
        return
    data = {"before": deal.stage.name, "after": stage.name}
    deal.stage = stage
    deal.save(update_fields=["stage", "updated_at"])
    timeline_add(deal, "deal.moved", data, at=at, actor=actor)


@transaction.atomic
def deal_line_save(line: DealLine, *, at: datetime, actor: Member | None) -> None:
    """Store a new or edited product line; saving without a change leaves no trace."""
    if line.pk is None:
        last = line.deal.lines.aggregate(last=Max("position"))["last"]
        line.position = (last or 0) + 1
        line.save()
        timeline_add(line.deal, "line.added", {"name": line.name}, at=at, actor=actor)
        return
    stored = DealLine.objects.get(pk=line.pk)
    line.save()
    changes = _changes(stored, line, LINE_FIELDS)
    if changes:
        data = {"name": line.name, "changes": changes, "currency": line.deal.currency}
        timeline_add(line.deal, "line.changed", data, at=at, actor=actor)


@transaction.atomic
def deal_line_remove(line: DealLine, *, at: datetime, actor: Member | None) -> None:
    """Take a product off a deal."""
    timeline_add(line.deal, "line.removed", {"name": line.name}, at=at, actor=actor)
    line.delete()
