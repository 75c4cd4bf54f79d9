"""The whole state of the emulator: settings, rows, tokens, limits, webhooks and what was called."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pipedrive_emulator.core.clock import Clock
from pipedrive_emulator.core.faults import Faults
from pipedrive_emulator.core.limits import DAILY_TOKENS, Limits
from pipedrive_emulator.core.oauth import Tokens
from pipedrive_emulator.core.store import Row, Store
from pipedrive_emulator.core.webhooks import Courier, Delivery, basic
from pipedrive_emulator.seed import fill

SCOPES = "base,deals:full,contacts:read,products:read,search:read,users:read,webhooks:full"
CALLS_KEPT = 2000


@dataclass(frozen=True)
class Settings:
    """How a world is started."""

    public_url: str = "http://127.0.0.1:8960"
    app_url: str = "http://localhost:8000"
    callback_url: str = "http://localhost:8000/pipedrive/callback/"
    client_id: str = "demo-app"
    client_secret: str = "demo-secret"  # noqa: S105 - a made-up secret of a made-up app
    company_id: int = 7700001
    control_token: str | None = None
    scopes: tuple[str, ...] = tuple(SCOPES.split(","))
    seed: str = "demo"
    burst: int = 80
    daily_tokens: int = DAILY_TOKENS


@dataclass
class World:
    """Everything, in memory; whoever reads or changes it holds `lock`."""

    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.url = self.settings.public_url
        self.store = Store()
        self.tokens = Tokens(self.settings.company_id)
        self.limits = Limits(self.clock, burst=self.settings.burst, daily=self.settings.daily_tokens)
        self.courier = Courier(self.clock)
        self.faults = Faults()
        self.calls: deque[Row] = deque(maxlen=CALLS_KEPT)
        # Ids of frames now on a page: what each shows to whom.
        self.frames: dict[str, Row] = {}
        fill(self.store, self.settings.company_id, self.settings.seed)

    @property
    def host(self) -> str:
        """Return the host name of the company's own address."""
        return urlsplit(self.url).netloc

    @property
    def company(self) -> Row:
        """Return what is known of the company itself."""
        return self.store.tables["company"][self.settings.company_id]

    def user(self, user_id: Any) -> Row | None:
        """Return a user of the company by a number or its text."""
        text = str(user_id)
        return self.store.get("user", int(text)) if text.isdigit() else None

    def users(self) -> list[Row]:
        """Return everyone who works in the company."""
        return list(self.store.table("user").values())

    def uninstall(self, user_id: int, *, notify: bool = True) -> bool:
        """Take the app away from a user: tokens end, its webhooks go, and the app is notified."""
        ended = self.tokens.uninstall(user_id)
        self.drop_webhooks(user_id)
        if ended and notify:
            self._tell_uninstalled(user_id)
        return ended

    def drop_webhooks(self, user_id: int) -> None:
        """Delete the webhooks that the app made with the tokens of a user."""
        table = self.store.table("webhook")
        gone = {row["id"] for row in table.values() if row["admin_id"] == user_id}
        for webhook_id in gone:
            del table[webhook_id]
        self.courier.forget(gone)

    def _tell_uninstalled(self, user_id: int) -> None:
        settings = self.settings
        body = {
            "client_id": settings.client_id,
            "company_id": settings.company_id,
            "user_id": user_id,
            "timestamp": self.clock.now().strftime("%Y-%m-%d %H:%M:%S"),
        }
        headers = {"Authorization": basic(settings.client_id, settings.client_secret)}
        self.courier.add(
            Delivery(0, settings.callback_url, body, headers, 0.0, method="DELETE", retries=False)
        )

    def new_frame(self, **shown: Any) -> str:
        """Return the id of a frame that a page is about to show."""
        frame_id = secrets.token_hex(8)
        self.frames[frame_id] = shown
        return frame_id
