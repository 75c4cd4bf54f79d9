"""QuickBooks' webhooks: whether one is genuine, and what it says changed. Each event is read alone."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quickbooks_bridge.domain.texts import is_digits

LONGEST_KEY, LONGEST_REALM, LONGEST_ID, LONGEST_OPERATION = 120, 40, 30, 20
# What QuickBooks sends events of (the vendor's list of webhook entities). Others are passed over until they are known here.
ENTITIES = frozenset(
    "account bill billpayment budget class creditmemo currency customer department deposit employee estimate invoice item "
    "journalcode journalentry payment paymentmethod preferences purchase purchaseorder refundreceipt salesreceipt "
    "taxagency term timeactivity transfer vendor vendorcredit".split()
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd\ud800-\udfff]")


@dataclass(frozen=True)
class WebhookChange:
    """One change of an object; `event_id` is the same for a repeated event."""

    event_id: str
    realm_id: str
    entity: str
    qbo_id: str
    operation: str


@dataclass(frozen=True)
class WebhookBody:
    """What of a genuine webhook could be read; `unread` counts what could not, by company ("" where none is named)."""

    changes: tuple[WebhookChange, ...]
    unread: Counter[str] = field(default_factory=Counter)


class _Unreadable(ValueError):
    """An event of a shape or kind that is not known."""


def signature_is_valid(body: bytes, signature: str, *, verifier_token: str) -> bool:
    """Return whether `signature` is base64(HMAC-SHA256(raw body)), in constant time. No token or no base64: not valid."""
    if not verifier_token:
        return False
    try:
        given = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    return hmac.compare_digest(given, hmac.new(verifier_token.encode(), body, hashlib.sha256).digest())


def parse_webhook(body: bytes) -> WebhookBody:
    """Read both formats, whatever stands between the good events; never raises.

    CloudEvents are a list, the classic form an object with lists of entities by company.
    """
    changes, unread = [], Counter[str]()
    for realm, event in _events(body.decode("utf-8", "replace")):
        try:
            changes.append(_change(realm, event))
        except _Unreadable:
            unread[realm or _realm_of(event)] += 1
    return WebhookBody(tuple(changes), unread)


Event = tuple[str | None, Any]


def _events(text: str) -> Iterator[Event]:
    """Return each event with the company that stands beside it in the classic form, None where the event names it."""
    data = _decoded(text)
    if data is None:
        yield from _salvaged(text)
    elif isinstance(data, list):
        yield from ((None, event) for event in data)
    elif isinstance(data, dict) and isinstance(data.get("eventNotifications"), list):
        for notification in data["eventNotifications"]:
            yield from _entities(notification)
    else:
        yield None, None


def _entities(notification: Any) -> Iterator[Event]:
    realm = notification.get("realmId") if isinstance(notification, dict) else None
    changed = notification.get("dataChangeEvent") if isinstance(notification, dict) else None
    entities = changed.get("entities") if isinstance(changed, dict) else None
    if not isinstance(entities, list):
        yield _realm(realm), None
        return
    for entity in entities:
        yield _realm(realm), entity


def _change(realm: str | None, event: Any) -> WebhookChange:
    if not isinstance(event, dict):
        raise _Unreadable
    return _cloud_event(event) if realm is None else _classic_entity(realm, event)


def _cloud_event(event: dict[str, Any]) -> WebhookChange:
    """Read a CloudEvent; its type is a prefix, the entity, and last the operation and a version."""
    parts = _text(event, "type", 200).split(".")
    if len(parts) < 4:
        raise _Unreadable
    entity, operation = ".".join(parts[1:-2]).lower(), parts[-2].lower()
    realm, qbo_id = _text(event, "intuitaccountid", LONGEST_REALM), _text(event, "intuitentityid", LONGEST_ID)
    given = event.get("id")
    if given is None:
        key = _digest("ce", realm, entity, qbo_id, operation, event.get("time"))
    else:
        key = f"ce:{_text(event, 'id', LONGEST_KEY - 3)}"
    return _known(key, realm, entity, qbo_id, operation)


def _classic_entity(realm: str, entity: dict[str, Any]) -> WebhookChange:
    name, qbo_id = _text(entity, "name", LONGEST_REALM).lower(), _text(entity, "id", LONGEST_ID)
    operation = _text(entity, "operation", LONGEST_OPERATION)
    key = _digest("classic", realm, name, qbo_id, operation, entity.get("lastUpdated", ""))
    return _known(key, realm, name, qbo_id, operation)


def _known(key: str, realm: str, entity: str, qbo_id: str, operation: str) -> WebhookChange:
    if entity not in ENTITIES or not realm:
        raise _Unreadable
    return WebhookChange(key, realm, entity, qbo_id, operation[:LONGEST_OPERATION])


def _digest(kind: str, *parts: Any) -> str:
    text = "|".join(str(part) for part in parts).encode("utf-8", "replace")
    return f"{kind}:{hashlib.sha256(text).hexdigest()}"


def _text(event: dict[str, Any], key: str, longest: int) -> str:
    """Return a value that can be stored as it is; nothing is shortened, for a shorter id is another object's."""
    value = event.get(key)
    if not isinstance(value, str) or not value or len(value) > longest or _CONTROL.search(value):
        raise _Unreadable
    return value


def _realm(value: Any) -> str:
    is_realm = isinstance(value, str) and is_digits(value, longest=LONGEST_REALM)
    return value if is_realm else ""


def _realm_of(event: Any) -> str:
    return _realm(event.get("intuitaccountid")) if isinstance(event, dict) else ""


def _decoded(text: str) -> Any:
    """Return the JSON, numbers as text: a number may have more digits than Python reads. None for what is none."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _salvaged(text: str) -> Iterator[Event]:
    """Return the events of a body that cannot be read as a whole, such as one nested deeper than any parser goes."""
    found = False
    is_list = text.lstrip()[:1] == "["
    for part in _elements(text, text.index("[")) if is_list else ():
        found = True
        yield None, _decoded(part)
    realms = () if is_list else re.finditer(r'"realmId"\s*:\s*"(\d{1,40})"', text)
    for match in realms:
        end = text.find('"realmId"', match.end())
        entities = text.find('"entities"', match.end(), end if end >= 0 else None)
        opening = text.find("[", entities) if entities >= 0 else -1
        if opening < 0:
            continue
        for part in _elements(text, opening):
            found = True
            yield match.group(1), _decoded(part)
    if not found:
        yield None, None


def _elements(text: str, opening: int) -> Iterator[str]:
    """Return the texts of a JSON list's elements by counting brackets outside strings; `opening` is where it begins."""
    depth, start = 0, opening + 1
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', text[opening:]):
        sign, at = match.group(), opening + match.start()
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        if (sign == "," and depth == 1) or depth == 0:
            if text[start:at].strip():
                yield text[start:at]
            start = at + 1
        if depth == 0:
            return
