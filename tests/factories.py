"""Rows that tests need: each factory makes what a row cannot be without, and leaves the rest to the test."""

from datetime import UTC, datetime
from typing import Any

from quickbooks_bridge.models import Company, Connection, SyncState

CONNECTED_AT = datetime(2026, 9, 17, 9, 0, tzinfo=UTC)
_OF_COMPANY = {field.attname for field in Company._meta.concrete_fields}
_OF_SYNC = {field.attname for field in SyncState._meta.concrete_fields}


def connection_make(account: Any, owner: Any, **fields: Any) -> Connection:
    """Return a connection with its company and sync state; `fields` go to whichever of the three has them."""
    of_company = {name: fields.pop(name) for name in list(fields) if name in _OF_COMPANY}
    of_sync = {name: fields.pop(name) for name in list(fields) if name in _OF_SYNC}
    realm_id = of_company.pop("realm_id", "9")
    company, _is_new = Company.objects.update_or_create(
        account=account, realm_id=realm_id, defaults=of_company
    )
    company.sync = SyncState.objects.create(company=company, **of_sync)
    return Connection.objects.create(
        company=company, account=account, owner=owner, **{"connected_at": CONNECTED_AT, **fields}
    )


def company_of(account: Any, realm_id: str) -> Company:
    """Return the account's company of that id, made where there is none."""
    return Company.objects.get_or_create(account=account, realm_id=realm_id)[0]
