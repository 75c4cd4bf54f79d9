"""Pipedrive's own fields as choices of the mapping screen."""

from datetime import datetime, timedelta

from django.db import transaction

from deals.models import Account, CustomField, PipedriveCompany

from .client import PipedriveClient
from .installs import SOURCE
from .values import FieldFacts, field_facts

PATHS = {
    "organization": "/api/v2/organizationFields",
    "person": "/api/v2/personFields",
    "deal": "/api/v2/dealFields",
}
LIST_COST = 10
FRESH_FOR = timedelta(days=1)


def fields_read(company: PipedriveCompany, client: PipedriveClient, *, now: datetime) -> int:
    """Make the account's fields those of Pipedrive: new, renamed and deleted ones; returns how many there are.

    A field that is gone there is gone here too, so that settings which name it say so. Raises PipedriveError.
    """
    found = [
        facts
        for entity, path in PATHS.items()
        for row in client.rows(path, cost=LIST_COST)
        if (facts := field_facts(entity, row)) is not None
    ]
    with transaction.atomic():
        mine = CustomField.objects.filter(account=company.account_id, external_source=SOURCE)
        for position, facts in enumerate(found):
            CustomField.objects.update_or_create(
                account_id=company.account_id,
                entity=facts.entity,
                key=facts.key,
                defaults={
                    "label": facts.label,
                    "kind": facts.kind,
                    "position": min(position, 32_000),
                    "external_source": SOURCE,
                    "external_type": facts.field_type,
                },
            )
        there = {(facts.entity, facts.key) for facts in found}
        gone = [row.pk for row in mine if (row.entity, row.key) not in there]
        CustomField.objects.filter(pk__in=gone).delete()
        PipedriveCompany.objects.filter(pk=company.pk).update(fields_read_at=now)
    return len(found)


def known_fields(account: Account) -> dict[str, list[FieldFacts]]:
    """Return the fields of Pipedrive that are known here, by entity."""
    found: dict[str, list[FieldFacts]] = {entity: [] for entity in PATHS}
    for row in CustomField.objects.filter(account=account, external_source=SOURCE):
        found.setdefault(row.entity, []).append(
            FieldFacts(row.entity, row.key, row.label, row.kind, row.external_type)
        )
    return found
