"""The one way rows are made, changed and deleted: times follow, sums follow, webhooks follow."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from pipedrive_emulator.core import events
from pipedrive_emulator.core.clock import rfc3339
from pipedrive_emulator.core.events import Event
from pipedrive_emulator.core.money import deal_value, line_sum
from pipedrive_emulator.core.store import ENTITIES, Row, may_see
from pipedrive_emulator.core.webhooks import Delivery, basic, envelope
from pipedrive_emulator.world import World

APP, API = "app", "api"
# The vendor sends no webhook for these: a discount shows only in the value of its deal.
SILENT = frozenset({"deal_discount", "note"})
OF_DEAL = frozenset({"deal_product", "deal_installment", "deal_discount"})


class Changes:
    """Changes made by one user, in the product (`app`) or through the API (`api`)."""

    def __init__(self, world: World, user: Row, source: str) -> None:
        self.world = world
        self.user = user
        self.source = source
        self.correlation_id = str(uuid.uuid4())

    def create(self, kind: str, row: Row) -> Row:
        """Store a new row and queue its webhook."""
        self.world.store.put(kind, row)
        if kind == "deal_product":
            row["sum"] = line_sum(row)
        self._notify("create", kind, row["id"], row, None)
        self._follow(kind, row)
        return row

    def update(self, kind: str, row: Row, data: Row) -> Row:
        """Change a row; no webhook is sent when nothing is different."""
        before = copy.deepcopy(row)
        custom = data.get("custom_fields") or {}
        row.update({key: value for key, value in data.items() if key != "custom_fields"})
        if custom:
            row["custom_fields"] = {**row["custom_fields"], **custom}
        if kind == "deal":
            self._deal_moved(before, row)
        if kind == "deal_product":
            row["sum"] = line_sum(row)
        if row == before:
            return row
        self._touch(row)
        self._notify("change", kind, row["id"], row, before)
        self._follow(kind, row)
        return row

    def delete(self, kind: str, row: Row, **extra: Any) -> None:
        """Delete a row; the four main kinds stay for a while, marked as deleted."""
        before = copy.deepcopy(row)
        if kind in ENTITIES:
            row["is_deleted"] = True
            self._touch(row)
            if kind == "deal":
                row["status"] = "deleted"
        else:
            self.world.store.table(kind).pop(row["id"], None)
        self._notify("delete", kind, row["id"], None, before, **extra)
        self._follow(kind, row)

    def merge_organizations(self, loser: Row, winner: Row) -> None:
        """Let one organization go over into another, with its people and deals."""
        store = self.world.store
        for kind in ("person", "deal"):
            for row in list(store.table(kind).values()):
                if row["org_id"] == loser["id"]:
                    self.update(kind, row, {"org_id": winner["id"]})
        self._touch(winner)
        more = {"merged_from_id": str(loser["id"])}
        self._notify("change", "organization", winner["id"], winner, copy.deepcopy(winner), **more)
        self.delete("organization", loser, merged_to_id=str(winner["id"]))

    def field(self, entity: str, action: str, field: Row, before: Row | None = None) -> None:
        """Store, change or remove the definition of a field and queue its webhook."""
        table = self.world.store.fields[entity]
        code = field["field_code"]
        if action == "delete":
            table.pop(code, None)
            for row in self.world.store.table(entity).values():
                row["custom_fields"].pop(code, None)
        else:
            table[code] = field
        if action == "create":
            for row in self.world.store.table(entity).values():
                row["custom_fields"].setdefault(code, None)
        data = None if action == "delete" else field
        self._notify(
            action, events.FIELD_OBJECTS[entity], code, data, field if action == "delete" else before
        )

    def _touch(self, row: Row) -> None:
        if "update_time" in row:
            row["update_time"] = rfc3339(self.world.clock.now())
        if "updated_at" in row:
            row["updated_at"], row["updated_by"] = rfc3339(self.world.clock.now()), self.user["id"]

    def _deal_moved(self, before: Row, row: Row) -> None:
        """Let the times of a deal follow its stage and status."""
        now = rfc3339(self.world.clock.now())
        stage = self.world.store.get("stage", row["stage_id"])
        if row["stage_id"] != before["stage_id"] and stage is not None:
            row["stage_change_time"], row["pipeline_id"] = now, stage["pipeline_id"]
        if row["is_archived"] != before["is_archived"]:
            row["archive_time"] = now if row["is_archived"] else None
        if row["is_deleted"] and not before["is_deleted"]:
            row["status"] = "deleted"
        if row["status"] != before["status"]:
            row["is_deleted"] = row["status"] == "deleted"
            closed = row["status"] in {"won", "lost"}
            row["close_time"] = now if closed else None
            row["won_time"] = now if row["status"] == "won" else None
            row["lost_time"] = now if row["status"] == "lost" else None
            row["local_close_date"] = now[:10] if closed else None
            row["local_won_date"] = now[:10] if row["status"] == "won" else None
            row["local_lost_date"] = now[:10] if row["status"] == "lost" else None

    def _follow(self, kind: str, row: Row) -> None:
        """Let the value of a deal follow its lines and discounts."""
        if kind not in OF_DEAL or kind == "deal_installment":
            return
        deal = self.world.store.get("deal", row["deal_id"])
        if deal is not None:
            self.update("deal", deal, {"value": deal_value(self.world.store, deal)})

    def _notify(
        self, action: str, kind: str, row_id: Any, row: Row | None, before: Row | None, **extra: Any
    ) -> None:
        if kind in SILENT:
            return
        store = self.world.store
        if action == "change" and row is not None and before is not None:
            previous: Row | None = events.spelled(store, kind, events.changed_part(before, row))
        else:
            previous = events.whole(store, kind, before) if before is not None else None
        data = events.whole(store, kind, copy.deepcopy(row)) if row is not None else None
        event = Event(
            action, kind, row_id, data, previous, self.user["id"], self.source, extra, self.correlation_id
        )
        seen = row or before or {}
        if kind in OF_DEAL:
            seen = store.get("deal", seen["deal_id"]) or seen
        permitted = [user["id"] for user in self.world.users() if may_see(user, seen)]
        self._send(event, permitted)

    def _send(self, event: Event, permitted: list[int]) -> None:
        world = self.world
        for webhook in world.store.table("webhook").values():
            wanted = webhook["event_object"] in {"*", event.entity} and webhook["event_action"] in {
                "*",
                event.action,
            }
            if not wanted or webhook["owner_id"] not in permitted:
                continue
            body = envelope(
                event,
                webhook,
                company_id=world.settings.company_id,
                host=world.host,
                permitted=permitted,
                now=world.clock.now(),
            )
            headers = {}
            if webhook["http_auth_user"] is not None:
                headers["Authorization"] = basic(
                    webhook["http_auth_user"], webhook["http_auth_password"] or ""
                )
            world.courier.add(
                Delivery(webhook["id"], webhook["subscription_url"], body, headers, world.clock.seconds())
            )
