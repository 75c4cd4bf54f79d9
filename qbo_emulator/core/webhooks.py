"""Webhooks: changes folded into signed POSTs, sent in the background, tried again on the vendor's ladder."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import urllib.error
import urllib.request
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any

from qbo_emulator.core.clock import Clock
from qbo_emulator.core.id_generator import Entropy
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Change
from qbo_emulator.json_codec import Doc, encode

LADDER = (10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600)
MOST_ATTEMPTS = 12
CLASSIC, CLOUDEVENTS = "classic", "cloudevents"
PAST = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Void": "voided",
    "Emailed": "emailed",
    "Merge": "merged",
}
# What the vendor sends events for; the emulator has more kinds than that.
TOLD = frozenset(
    words(
        "Account Class CreditMemo Customer Department Employee Invoice Item Payment PaymentMethod "
        "Term Vendor "
        "Preferences CompanyCurrency"
    )
)


@dataclass
class WebhookSettings:
    """How events are sent; the switches make deliveries go wrong the way they do in life.

    `duplicate`, `reorder`, `drop` and `late` are chances from 0 to 1.
    """

    url: str | None = None
    enabled: bool = True
    format: str = CLOUDEVENTS
    duplicate: float = 0.0
    reorder: float = 0.0
    drop: float = 0.0
    late: float = 0.0
    # How long a late delivery is held back, on the emulator's clock.
    late_seconds: float = 60.0
    delay_ms: int = 0
    # Changes within so many milliseconds of machine time share one delivery.
    window_ms: int = 100
    # Later deliveries wait until an earlier one that failed is acknowledged.
    withhold: bool = False
    # Every POST also holds events of a type nobody knows, without an id, and none at all.
    unknown_events: bool = False
    deadline_seconds: float = 3.0

    def change(self, doc: Doc) -> None:
        """Take over settings from their JSON form (ValueError says what is wrong)."""
        for name, value in doc.items():
            if name not in self.__dataclass_fields__:
                raise ValueError(f"there is no webhook setting called {name}")
            if name == "url":
                self.url = str(value) if value else None
                continue
            if name == "format" and value not in {CLASSIC, CLOUDEVENTS}:
                raise ValueError(f"format must be {CLASSIC} or {CLOUDEVENTS}")
            kept = getattr(self, name)
            setattr(self, name, type(kept)(value))


@dataclass
class Delivery:
    """One POST: its exact bytes, when it is due, and how it went."""

    number: int
    body: bytes
    format: str
    events: list[str]
    created: datetime
    due: datetime
    url: str
    attempts: int = 0
    status: int | None = None
    problem: str | None = None
    state: str = "waiting"

    def doc(self) -> Doc:
        doc = asdict(self)
        for name in ("created", "due"):
            doc[name] = doc[name].isoformat()
        return {**doc, "body": self.body.decode()}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# Deliveries go to the address that was configured and nowhere else: no proxy, no redirect.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def signature(body: bytes, verifier_token: str) -> str:
    """base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()).decode()


def _post(url: str, body: bytes, headers: dict[str, str], deadline: float) -> int:
    """Status of one POST within the deadline (OSError when no answer came)."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310
    try:
        with _OPENER.open(request, timeout=deadline) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@dataclass
class Sender:
    """Collects changes and delivers them; lives on the event loop."""

    clock: Clock
    entropy: Entropy
    verifier_token: str
    settings: WebhookSettings = field(default_factory=WebhookSettings)
    buffer: list[Change] = field(default_factory=list)
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=200))
    number: int = 0

    def __post_init__(self) -> None:
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, change: Change) -> None:
        """Take note of a change; nothing is kept while webhooks are off."""
        if self.settings.enabled and self.settings.url and change.kind in TOLD:
            self.buffer.append(change)
            self._wake.set()

    def wake(self) -> None:
        """Look again at what is due, after the clock or the settings moved."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                waiting = [delivery for delivery in self.deliveries if delivery.state == "waiting"]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 0.25 if waiting else None)
                self._wake.clear()
                if self.buffer:
                    await asyncio.sleep(self.settings.window_ms / 1000)
                    self._fold()
                self._start_due()
        finally:
            for task in self._tasks:
                task.cancel()

    def _fold(self) -> None:
        changes, self.buffer = self.buffer, []
        unique = list({(c.realm_id, c.kind, c.qbo_id, c.operation): c for c in changes}.values())
        split = self._happens("reorder", self.settings.reorder)
        for group in [[change] for change in reversed(unique)] if split else [unique]:
            self._queue(group)
            if self._happens("duplicate", self.settings.duplicate):
                self._queue(group)

    def _happens(self, what: str, chance: float) -> bool:
        """Chance by the number of the delivery alone, so that a seeded run repeats itself."""
        if not 0 < chance < 1:
            return chance >= 1
        drawn = hashlib.sha256(f"{self.entropy.seed}/{what} {self.number}".encode()).hexdigest()[:8]
        return int(drawn, 16) / 0x1_0000_0000 < chance

    def _queue(self, changes: list[Change]) -> None:
        settings, now = self.settings, self.clock.now()
        if not settings.url:
            return
        self.number += 1
        wait = timedelta(milliseconds=settings.delay_ms)
        if self._happens("late", settings.late):
            wait += timedelta(seconds=settings.late_seconds)
        delivery = Delivery(
            number=self.number,
            body=self.body(changes),
            format=settings.format,
            events=[f"{c.kind} {c.qbo_id} {c.operation}" for c in changes],
            created=now,
            due=now + wait,
            url=settings.url,
        )
        if self._happens("drop", settings.drop):
            delivery.state = "lost"
        self.deliveries.append(delivery)

    def body(self, changes: list[Change]) -> bytes:
        """The exact bytes of a POST about these changes, in the format that is set."""
        if self.settings.format == CLASSIC:
            doc = _classic(changes)
            if self.settings.unknown_events:
                for notification in doc["eventNotifications"]:
                    notification["dataChangeEvent"]["entities"][:0] = [None, {"name": "Novelty"}]
            return encode(doc).encode()
        events: list[Any] = [self._event(change) for change in changes]
        if self.settings.unknown_events:
            stranger = {**events[0], "id": f"new-{events[0]['id']}", "type": "qbo.project.budget.created.v1"}
            lacking = {key: value for key, value in events[0].items() if key != "intuitentityid"}
            events[:0] = [stranger, None, lacking]
        return encode(events).encode()

    def _event(self, change: Change) -> Doc:
        instant = change.at.astimezone(UTC)
        identity = hashlib.sha256(
            f"{change.realm_id}/{change.kind}/{change.qbo_id}/{change.operation}/{instant.isoformat()}".encode()
        ).hexdigest()
        return {
            "specversion": "1.0",
            "id": f"{identity[:8]}-{identity[8:12]}-4{identity[13:16]}-8{identity[17:20]}-{identity[20:32]}",
            "source": "intuit."
            + base64.b64encode(hashlib.sha256(change.realm_id.encode()).digest()).decode(),
            "type": f"qbo.{change.kind.lower()}.{PAST[change.operation]}.v1",
            "datacontenttype": "application/json",
            "time": instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond:06d}517Z",
            "intuitentityid": change.qbo_id,
            "intuitaccountid": change.realm_id,
            "data": {"deletedId": change.deleted_id} if change.deleted_id else {},
        }

    def _start_due(self) -> None:
        now = self.clock.now()
        for delivery in self.deliveries:
            if self.settings.withhold and delivery.attempts and delivery.state in {"waiting", "sending"}:
                if delivery.state == "waiting" and delivery.due <= now:
                    self._start(delivery)
                return
            if delivery.state == "waiting" and delivery.due <= now:
                self._start(delivery)
                if self.settings.withhold:
                    return

    def _start(self, delivery: Delivery) -> None:
        delivery.state = "sending"
        delivery.attempts += 1
        task = asyncio.create_task(self._attempt(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, delivery: Delivery) -> None:
        media = "application/json" if delivery.format == CLASSIC else "application/cloudevents+json"
        headers = {
            "Content-Type": media,
            "intuit-signature": signature(delivery.body, self.verifier_token),
            "intuit-created-time": self.clock.now().isoformat(timespec="milliseconds"),
            "intuit-t-id": self.entropy.uuid(),
            "intuit-notification-schema-version": "0.1",
            "user-agent": "intuit_notification_server/0.1",
        }
        deadline = self.settings.deadline_seconds
        try:
            # The time-out of the socket starts anew with every byte; the outer one does not.
            posting = asyncio.to_thread(_post, delivery.url, delivery.body, headers, deadline)
            delivery.status = await asyncio.wait_for(posting, deadline)
            delivery.problem = None
        except (OSError, HTTPException) as error:
            delivery.status, delivery.problem = None, type(error).__name__
        if delivery.status == 200:
            delivery.state = "delivered"
            self._wake.set()
        elif delivery.attempts >= MOST_ATTEMPTS:
            delivery.state = "given up"
        else:
            step = LADDER[min(delivery.attempts, len(LADDER)) - 1]
            delivery.due = self.clock.now() + timedelta(seconds=step)
            delivery.state = "waiting"
            self._wake.set()


def _classic(changes: list[Change]) -> Doc:
    by_realm: dict[str, list[Doc]] = {}
    for change in changes:
        instant = change.at.astimezone(UTC)
        by_realm.setdefault(change.realm_id, []).append(
            {
                "name": change.kind,
                "id": change.qbo_id,
                "operation": change.operation,
                "lastUpdated": instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z",
                **({"deletedId": change.deleted_id} if change.deleted_id else {}),
            }
        )
    return {
        "eventNotifications": [
            {"realmId": realm_id, "dataChangeEvent": {"entities": entities}}
            for realm_id, entities in by_realm.items()
        ]
    }
