"""API v1: the webhooks of an app, in version 2 of their bodies."""

from __future__ import annotations

from urllib.parse import urlsplit

from pipedrive_emulator.api.call import Call
from pipedrive_emulator.core.clock import millis
from pipedrive_emulator.core.errors import Refused, forbidden, not_found
from pipedrive_emulator.core.events import ACTIONS, OBJECTS
from pipedrive_emulator.core.store import Row, is_admin
from pipedrive_emulator.core.values import is_integer
from pipedrive_emulator.core.webhooks import MOST_PER_USER


def _ok(data: object) -> Row:
    return {"status": "ok", "success": True, "data": data}


def _problems(call: Call, body: Row) -> dict[str, list[str]]:
    """What is wrong with a subscription, by its properties."""
    found: dict[str, list[str]] = {}
    address = body.get("subscription_url")
    parts = urlsplit(address) if isinstance(address, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        found["subscription_url"] = ["invalid or non-reachable URL"]
    if body.get("event_action") not in ACTIONS:
        found["event_action"] = ["invalid event action"]
    if body.get("event_object") not in OBJECTS:
        found["event_object"] = ["invalid event object"]
    if body.get("version", "2.0") != "2.0":
        found["version"] = ["only version 2.0 is served here"]
    if not isinstance(body.get("name"), str) or not body["name"]:
        found["name"] = ["must be a string that is not empty"]
    user_id = body.get("user_id")
    if user_id is not None and (not is_integer(user_id) or call.store.get("user", user_id) is None):
        found["user_id"] = ["user not found"]
    for name in ("http_auth_user", "http_auth_password"):
        if not isinstance(body.get(name), str | None):
            found[name] = ["must be a string"]
    return found


def _refused(errors: dict[str, list[str]]) -> Refused:
    return Refused(400, {"status": "error", "success": False, "errors": errors})


def list_webhooks(call: Call) -> Row:
    """Return the webhooks this user's token made."""
    rows = call.store.table("webhook").values()
    return _ok([row for row in rows if row["admin_id"] == call.user["id"]])


def add_webhook(call: Call) -> Row:
    """Return the webhook just made."""
    body = call.body if isinstance(call.body, dict) else {}
    problems = _problems(call, body)
    if problems:
        raise _refused(problems)
    owner = body.get("user_id") or call.user["id"]
    if owner != call.user["id"] and not is_admin(call.user):
        raise forbidden("Only administrators may use another user")
    table = call.store.table("webhook")
    if sum(1 for row in table.values() if row["owner_id"] == owner) >= MOST_PER_USER:
        raise _refused({"user_id": [f"no more than {MOST_PER_USER} webhooks per user"]})
    row = {
        "id": call.store.next_id("webhook"),
        "company_id": call.world.settings.company_id,
        "owner_id": owner,
        "user_id": owner,
        "event_action": body["event_action"],
        "event_object": body["event_object"],
        "subscription_url": body["subscription_url"],
        "version": "2.0",
        "is_active": 1,
        "add_time": millis(call.world.clock.now()),
        "remove_time": None,
        "type": "general",
        "http_auth_user": body.get("http_auth_user"),
        "http_auth_password": body.get("http_auth_password"),
        "remove_reason": None,
        "last_delivery_time": None,
        "last_http_status": None,
        "admin_id": call.user["id"],
        "name": body["name"],
    }
    return _ok(call.store.put("webhook", row))


def delete_webhook(call: Call) -> Row:
    """Delete a webhook that this user's token made."""
    row = call.store.get("webhook", call.path_id())
    if row is None or row["admin_id"] != call.user["id"]:
        raise not_found("Webhook")
    del call.store.table("webhook")[row["id"]]
    call.world.courier.forget({row["id"]})
    return {"status": "ok", "success": True}
