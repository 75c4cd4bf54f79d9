"""Webhooks: the subscriptions, and the thread that delivers and retries."""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any

from pipedrive_emulator.core.clock import Clock, millis
from pipedrive_emulator.core.events import Event
from pipedrive_emulator.core.store import Row

RETRY_SECONDS = (3, 30, 150)
MOST_PER_USER = 40
FAILURES_BEFORE_BAN = 10
BAN = timedelta(minutes=30)
DEADLINE_SECONDS = 10.0
KEPT = 500
MODES = ("deliver", "hold", "drop")


@dataclass
class Delivery:
    """One body on its way to one subscriber."""

    webhook_id: int
    url: str
    body: dict[str, Any]
    headers: dict[str, str]
    due: float
    method: str = "POST"
    attempt: int = 0
    state: str = "waiting"
    status: int | None = None
    problem: str | None = None
    # Whether a failure is followed by another attempt.
    retries: bool = True

    def doc(self) -> Row:
        """Return the delivery as the control API shows it, without the password."""
        meta = self.body.get("meta", {})
        return {
            "webhook_id": self.webhook_id,
            "method": self.method,
            "url": self.url,
            "entity": meta.get("entity"),
            "action": meta.get("action"),
            "entity_id": meta.get("entity_id"),
            "attempt": self.attempt,
            "state": self.state,
            "status": self.status,
            "problem": self.problem,
            "body": self.body,
        }


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# No proxy, and a redirect counts as a failure: the body goes to the address that was given or nowhere.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header with a user and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _send(delivery: Delivery, body: bytes) -> int:
    headers = {"Content-Type": "application/json", "User-Agent": "Pipedrive Webhooks", **delivery.headers}
    request = urllib.request.Request(  # noqa: S310
        delivery.url, data=body, headers=headers, method=delivery.method
    )
    try:
        with _OPENER.open(request, timeout=DEADLINE_SECONDS) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@dataclass
class Courier:
    """Carries deliveries in the order they came about; its thread runs from `start` to `stop`."""

    clock: Clock
    mode: str = "deliver"
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=KEPT))
    failures: dict[int, int] = field(default_factory=dict)
    banned_until: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is waiting stays unsent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def add(self, delivery: Delivery) -> None:
        """Take a delivery to be made."""
        with self._changed:
            if delivery.retries and self.mode == "drop":
                delivery.state = "dropped"
            elif self.is_banned(delivery.webhook_id):
                delivery.state = "lost"
            self.deliveries.append(delivery)
            self._changed.notify_all()

    def set_mode(self, mode: str) -> None:
        """Deliver, hold back or drop what comes from now on."""
        with self._changed:
            self.mode = mode
            self._changed.notify_all()

    def is_banned(self, webhook_id: int) -> bool:
        """Return whether events of this webhook are lost for now."""
        until = self.banned_until.get(webhook_id)
        return until is not None and until > self.clock.now()

    def forget(self, webhook_ids: set[int]) -> None:
        """Drop what waits for webhooks that no longer exist."""
        with self._changed:
            for delivery in self.deliveries:
                if delivery.webhook_id in webhook_ids and delivery.state == "waiting":
                    delivery.state = "dropped"

    def clear_finished(self) -> None:
        """Forget the deliveries that are over."""
        with self._changed:
            going = [one for one in self.deliveries if one.state in {"waiting", "sending"}]
            self.deliveries.clear()
            self.deliveries.extend(going)

    def docs(self) -> list[Row]:
        """Return every delivery as the control API shows it."""
        with self._changed:
            return [delivery.doc() for delivery in self.deliveries]

    @property
    def is_idle(self) -> bool:
        """Return whether nothing is under way or due at once."""
        now = self.clock.seconds()
        with self._changed:
            return not any(
                one.state == "sending" or (one.state == "waiting" and one.due <= now and self._moves(one))
                for one in self.deliveries
            )

    def _moves(self, delivery: Delivery) -> bool:
        return self.mode != "hold" or not delivery.retries

    def flush(self) -> int:
        """Make every waiting delivery once, held ones and retries too; returns how many were made."""
        with self._changed:
            waiting = [one for one in self.deliveries if one.state == "waiting"]
            for delivery in waiting:
                delivery.state = "sending"
        for delivery in waiting:
            self._attempt(delivery)
        return len(waiting)

    def _next(self) -> Delivery | None:
        now = self.clock.seconds()
        for delivery in self.deliveries:
            if delivery.state == "waiting" and delivery.due <= now and self._moves(delivery):
                delivery.state = "sending"
                return delivery
        return None

    def _run(self) -> None:
        while True:
            with self._changed:
                delivery = self._next()
                if delivery is None and not self._stopping:
                    self._changed.wait(timeout=0.2)
                if self._stopping:
                    return
            if delivery is not None:
                self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        delivery.attempt += 1
        if "meta" in delivery.body:
            delivery.body["meta"]["attempt"] = delivery.attempt
        status, problem = None, None
        try:
            status = _send(delivery, json.dumps(delivery.body).encode())
        except (OSError, HTTPException, ValueError) as error:
            problem = type(error).__name__
        with self._changed:
            delivery.status, delivery.problem = status, problem
            self._note(delivery, is_taken=status is not None and 200 <= status < 300)
            self._changed.notify_all()

    def _note(self, delivery: Delivery, *, is_taken: bool) -> None:
        if is_taken or not delivery.retries:
            delivery.state = "delivered" if is_taken else "failed"
            self.failures.pop(delivery.webhook_id, None)
            return
        if delivery.attempt == 1:
            count = self.failures.get(delivery.webhook_id, 0) + 1
            self.failures[delivery.webhook_id] = count
            if count >= FAILURES_BEFORE_BAN:
                self.banned_until[delivery.webhook_id] = self.clock.now() + BAN
                self.failures.pop(delivery.webhook_id)
        if delivery.attempt > len(RETRY_SECONDS):
            delivery.state = "failed"
            return
        delivery.state = "waiting"
        delivery.due = self.clock.seconds() + RETRY_SECONDS[delivery.attempt - 1]


def envelope(
    event: Event, webhook: Row, *, company_id: int, host: str, permitted: list[int], now: datetime
) -> Row:
    """Return the body of one event for one webhook; every id in `meta` is text."""
    return {
        "data": event.data,
        "previous": event.previous,
        "meta": {
            "action": event.action,
            "company_id": str(company_id),
            "correlation_id": event.correlation_id,
            "entity_id": str(event.entity_id),
            "entity": event.entity,
            "id": event.id,
            "is_bulk_edit": False,
            "timestamp": millis(now),
            "type": "general",
            "user_id": str(event.user_id),
            "version": "2.0",
            "webhook_id": str(webhook["id"]),
            "webhook_owner_id": str(webhook["owner_id"]),
            "change_source": event.source,
            "attempt": 1,
            "host": host,
            "permitted_user_ids": [str(user_id) for user_id in permitted],
            **event.extra,
        },
    }
