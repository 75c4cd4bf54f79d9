"""Which QuickBooks product a line is, remembered for the next invoice."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from quickbooks_bridge.domain.draft import DraftLine, line_key
from quickbooks_bridge.models import Connection, Item, ItemLink

from .connection import client_for
from .sync import items_apply


def item_links_remember(connection: Connection, lines: Iterable[DraftLine], *, now: datetime) -> None:
    """Keep the product of every linked line, by CRM product or, without one, by the line's name."""
    for line in lines:
        if not line.item_qbo_id:
            continue
        is_product = line.product_id.isdigit()
        target: dict[str, Any] = {
            "product_id": int(line.product_id) if is_product else None,
            "name_key": "" if is_product else line_key("", line.name),
        }
        if not is_product and not line.name.strip():
            continue
        ItemLink.objects.update_or_create(
            account_id=connection.account_id,
            realm_id=connection.realm_id,
            **target,
            defaults={"item_qbo_id": line.item_qbo_id, "linked_at": now},
        )


def item_activate(connection: Connection, item: Item) -> Item:
    """Make an inactive QuickBooks product active again, under its former name."""
    client = client_for(connection, interactive=True)
    remote = client.item_read(item.qbo_id)
    if not remote.is_active:
        remote = client.item_write(
            {"Id": remote.qbo_id, "SyncToken": str(remote.sync_token), "sparse": True, "Active": True},
            request_id=uuid.uuid4().hex,
        )
    items_apply(connection, [remote])
    item.refresh_from_db()
    return item
