"""QuickBooks' announcements: whether one is genuine, and what it says changed."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AnnouncedChange:
    """One announced change; `key` is the same for a repeated announcement."""

    key: str
    realm_id: str
    entity: str
    qbo_id: str
    operation: str


def signature_is_valid(body: bytes, signature: str, *, verifier_token: str) -> bool:
    """Check base64(HMAC-SHA256(raw body)) in constant time. No token or no base64: not valid."""
    if not verifier_token:
        return False
    try:
        given = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    return hmac.compare_digest(given, hmac.new(verifier_token.encode(), body, hashlib.sha256).digest())


def parse_announcements(body: bytes) -> tuple[AnnouncedChange, ...]:
    """Read both formats, told apart by shape: CloudEvents are a list, the classic form an object.

    Raises ValueError for anything else.
    """
    try:
        data = json.loads(body)
        return tuple(_cloud_events(data) if isinstance(data, list) else _classic(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an announcement of QuickBooks") from error


def _cloud_events(events: list[dict[str, Any]]) -> list[AnnouncedChange]:
    changes = []
    for event in events:
        _qbo, entity, operation, _version = str(event["type"]).split(".")
        realm, qbo_id = str(event["intuitaccountid"]), str(event["intuitentityid"])
        changes.append(
            AnnouncedChange(f"ce:{event['id']}"[:120], realm[:40], entity[:40], qbo_id[:30], operation[:20])
        )
    return changes


def _classic(data: dict[str, Any]) -> list[AnnouncedChange]:
    changes = []
    for notification in data["eventNotifications"]:
        realm = str(notification["realmId"])[:40]
        for entity in notification["dataChangeEvent"]["entities"]:
            name, qbo_id = str(entity["name"]).lower()[:40], str(entity["id"])[:30]
            operation = str(entity["operation"])[:20]
            identity = f"{realm}|{name}|{qbo_id}|{operation}|{entity.get('lastUpdated', '')}"
            key = "classic:" + hashlib.sha256(identity.encode()).hexdigest()
            changes.append(AnnouncedChange(key, realm, name, qbo_id, operation))
    return changes
