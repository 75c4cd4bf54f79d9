"""Deals and what they name as another CRM pushes them: found again by that CRM's own ids, never made twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from .models import Account, CustomField, Deal, DealLine, Member, Organization, Person, Product, Stage
from .services import deal_line_remove, deal_line_save, deal_save, line_total

SOURCE = "api"
NamedT = TypeVar("NamedT", Organization, Person, Product)


class UnknownReference(Exception):
    """A pushed row names something that was not pushed before; `field` is where, `text` says what to do."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field, self.text = field, text


@dataclass(frozen=True)
class Pushed:
    """A row as it stands after a push, and whether it is new."""

    row: Any
    is_new: bool


def named_push(
    model: type[NamedT],
    account: Account,
    external_id: str,
    values: Mapping[str, Any],
    *,
    source: str = SOURCE,
) -> Pushed:
    """Create or update an organization, person or product by the other CRM's id."""
    row, is_new = model._default_manager.update_or_create(
        account=account, external_source=source, external_id=external_id, defaults=dict(values)
    )
    return Pushed(row, is_new)


def custom_field_push(account: Account, entity: str, key: str, values: Mapping[str, Any]) -> Pushed:
    """Create or update a custom field, by its entity and key."""
    row, is_new = CustomField.objects.update_or_create(
        account=account, entity=entity, key=key, defaults=dict(values)
    )
    return Pushed(row, is_new)


def referenced(model: type[NamedT], account: Account, external_id: str, field: str) -> NamedT | None:
    """Return what a pushed row names by the other CRM's id, None for ""; raises UnknownReference."""
    if not external_id:
        return None
    row = model._default_manager.filter(
        account=account, external_source=SOURCE, external_id=external_id
    ).first()
    if row is None:
        raise UnknownReference(field, _("Nothing with this external id was pushed yet. Push it first."))
    return row


def known_custom(account: Account, entity: str, custom: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of custom fields; raises UnknownReference for a field that the account does not have."""
    keys = set(CustomField.objects.filter(account=account, entity=entity).values_list("key", flat=True))
    for key in custom:
        if key not in keys:
            raise UnknownReference(
                "custom", _("There is no custom field “%(key)s” here. Push it first.") % {"key": key}
            )
    return dict(custom)


def stage_named(account: Account, name: str, *, is_made: bool = False) -> Stage:
    """Return the stage of this name, the first one for ""; an account without any gets one.

    Where none has the name it `is_made`, or UnknownReference is raised.
    """
    stages = Stage.objects.filter(account=account).order_by("position", "id")
    if not name:
        return stages.first() or Stage.objects.create(account=account, name=_("Open"))
    found = stages.filter(name__iexact=name).first()
    if found is None and is_made:
        return Stage.objects.create(account=account, name=name[:80], position=stages.count())
    if found is None:
        raise UnknownReference("stage", _("There is no stage of this name here."))
    return found


@transaction.atomic
def deal_push(
    account: Account,
    actor: Member | None,
    external_id: str,
    values: Mapping[str, Any],
    *,
    at: datetime,
    source: str = SOURCE,
) -> Pushed:
    """Create or update a deal with its lines; the deal's change log says what changed.

    `lines` None leaves the lines as they are; a list replaces them, each found again by its external id or its place.
    """
    # Two pushes of one deal at once wait for each other here, so that neither makes it a second time.
    Account.objects.select_for_update().get(pk=account.pk)
    mine = Deal.objects.filter(account=account, external_source=source, external_id=external_id)
    deal = mine.first()
    is_new = deal is None
    if deal is None:
        deal = Deal(
            account=account,
            external_source=source,
            external_id=external_id,
            owner=actor,
            currency=account.currency,
            stage=stage_named(account, ""),
        )
    lines = values.get("lines")
    # A value that is what the lines come to follows them; one that was written stays.
    follows = is_new or deal.value == sum(map(line_total, deal.lines.all()), Decimal(0))
    facts = {name: value for name, value in values.items() if name != "lines"}
    is_changed = _take(deal, facts)
    if is_new:
        deal_save(deal, at=at, actor=actor)
    if lines is not None:
        _lines_replace(deal, lines, at=at, actor=actor)
        if follows and "value" not in values:
            total = sum(map(line_total, deal.lines.all()), Decimal(0))
            is_changed = _take(deal, {"value": total}) or is_changed
    if is_new:
        Deal.objects.filter(pk=deal.pk).update(value=deal.value)
    elif is_changed:
        deal_save(deal, at=at, actor=actor)
    return Pushed(deal, is_new)


def _take(row: Deal | DealLine, values: Mapping[str, Any]) -> bool:
    """Write values on a row; returns whether anything is another than before."""
    differs = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differs:
        setattr(row, name, values[name])
    return bool(differs)


def _lines_replace(
    deal: Deal, wanted: Sequence[Mapping[str, Any]], *, at: datetime, actor: Member | None
) -> None:
    """Make the deal's lines these; what stays the same stays the same row, so that what is billed of it is known."""
    stored = list(deal.lines.select_related("product").order_by("position", "id"))
    by_id = {line.external_id: line for line in stored if line.external_id}
    spare = [line for line in stored if not line.external_id]
    kept: set[int] = set()
    for place, values in enumerate(wanted):
        external_id = values.get("external_id", "")
        line = by_id.get(external_id) if external_id else (spare.pop(0) if spare else None)
        if line is None:
            line = DealLine(deal=deal)
        # What the log compares with, and the rows of one deal belong to it already.
        line.deal = deal
        is_new = line.pk is None
        if _take(line, values) or is_new:
            deal_line_save(line, at=at, actor=actor)
        kept.add(line.pk)
        if line.position != place + 1:
            DealLine.objects.filter(pk=line.pk).update(position=place + 1)
    for line in stored:
        if line.pk not in kept:
            line.deal = deal
            deal_line_remove(line, at=at, actor=actor)
