"""Everything one emulator process holds: companies, tokens, clock, faults, limits, webhooks, request log."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qbo_emulator.clock import Clock
from qbo_emulator.entropy import Entropy
from qbo_emulator.idtoken import Signer
from qbo_emulator.injection import Injector
from qbo_emulator.limits import Limits
from qbo_emulator.oauth import Tokens
from qbo_emulator.seed.build import open_company
from qbo_emulator.store import Change, Company
from qbo_emulator.webhooks import Sender
from qbo_emulator.wire import Doc

READY_SCOPES = ("com.intuit.quickbooks.accounting",)


@dataclass
class Settings:
    """How the process was started."""

    profiles: tuple[str, ...] = ("us",)
    client_id: str | None = None
    client_secret: str | None = None
    verifier_token: str | None = None
    webhook_url: str | None = None
    redirect_uris: tuple[str, ...] = ()
    control_token: str | None = None
    seed: str | None = None
    limits_on: bool = True
    public_url: str | None = None


@dataclass
class RequestLog:
    """The last requests, numbered without end."""

    total: int = 0
    entries: deque[Doc] = field(default_factory=lambda: deque(maxlen=20_000))

    def add(self, entry: Doc) -> None:
        self.total += 1
        self.entries.append({"number": self.total, **entry})

    def since(self, number: int) -> list[Doc]:
        return [entry for entry in self.entries if entry["number"] > number]


class World:
    """The state behind all routes."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.entropy = entropy or Entropy(seed=settings.seed)
        # Trace ids come from a stream of their own: reading must not make the state file stale.
        self.traces = Entropy(seed=f"traces of {self.entropy.seed}")
        self.client_id = settings.client_id or self.entropy.token("AB", 48)
        self.client_secret = settings.client_secret or self.entropy.hex(40)
        verifier_token = settings.verifier_token or self.entropy.uuid()
        self.companies: dict[str, Company] = {}
        self.url = ""
        self.tokens = Tokens(self.entropy)
        self.injector = Injector(self.entropy.seed)
        self.signer = Signer()
        self.limits = Limits()
        if not settings.limits_on:
            self.limits.settings.switch_off()
        self.requests = RequestLog()
        self.sender = Sender(self.clock, Entropy(seed=f"webhooks of {self.entropy.seed}"), verifier_token)
        self.sender.settings.url = settings.webhook_url
        # Raised by everything a state file keeps that is not in a company.
        self.revision = 0

    @property
    def url(self) -> str:
        """Where the outside world reaches this process."""
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        self._url = url
        for company in self.companies.values():
            company.public_url = url

    @property
    def dirty_mark(self) -> int:
        """A number that changes whenever there is something new to save."""
        return self.revision + self.entropy.drawn + sum(c.revision for c in self.companies.values())

    def add_company(self, company: Company) -> None:
        self.companies[company.realm_id] = company
        company.notify = self.told
        company.public_url = self.url

    def refill(self) -> None:
        """Open the companies the settings name, in place of those that are there."""
        self.revision = self.dirty_mark + 1
        self.companies.clear()
        now = self.clock.now()
        for ordinal, key in enumerate(self.settings.profiles, start=1):
            self.add_company(open_company(key, ordinal, now))

    def told(self, change: Change) -> None:
        self.sender.add(change)

    def connect_ready(self) -> list[Doc]:
        """For every company a connection with fresh tokens, as the line printed at the start shows it."""
        now = self.clock.now()
        shown = []
        for company in self.companies.values():
            grants = [
                g for g in self.tokens.grants if g.ready and g.realm_id == company.realm_id and not g.revoked
            ]
            grant = grants[0] if grants and grants[0].refresh_expires > now else None
            if grant is None:
                grant = self.tokens.new_grant(company.realm_id, READY_SCOPES, now, ready=True)
            shown.append(
                {
                    "name": company.name,
                    "realm_id": company.realm_id,
                    "access_token": self.tokens.new_access(grant, now),
                    "refresh_token": grant.refresh_token,
                }
            )
        return shown
