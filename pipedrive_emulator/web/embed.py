"""What the app's frames are opened with: their addresses and the signed tokens in them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

from pipedrive_emulator.core.store import Row
from pipedrive_emulator.world import World

TOKEN_SECONDS = 300
PANEL, SETTINGS = "/pipedrive/panel/", "/pipedrive/settings/"
# Modals of the app by the id they are registered with.
MODALS = {"invoice-form": "/pipedrive/form/", "all-invoices": "/pipedrive/all/"}
TITLES = {"invoice-form": "Invoice", "all-invoices": "All invoices"}


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed_token(world: World, user_id: int) -> str:
    """Return the token that names the user to the app; it says nothing about the deal."""
    now = int(world.clock.seconds())
    claims = {
        "userId": user_id,
        "companyId": world.settings.company_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    digest = hmac.new(world.settings.client_secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(digest)}"


def frame(
    world: World,
    user_id: int,
    path: str,
    *,
    theme: str,
    selected: str | None = None,
    data: object | None = None,
) -> Row:
    """Return the id and the address of a frame about to be shown."""
    frame_id = world.new_frame(path=path, user_id=user_id, selected=selected)
    query: dict[str, str] = {
        "id": frame_id,
        "userId": str(user_id),
        "companyId": str(world.settings.company_id),
        "token": signed_token(world, user_id),
    }
    if selected is not None:
        query |= {"resource": "deal", "view": "details", "selectedIds": selected}
    if data is not None:
        query["data"] = json.dumps(data, separators=(",", ":"))
    query["theme"] = theme
    return {"id": frame_id, "url": f"{world.settings.app_url.rstrip('/')}{path}?{urlencode(query)}"}
