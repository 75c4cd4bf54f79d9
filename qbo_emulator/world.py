"""Everything one emulator process holds: companies, tokens, clock, faults, limits, webhooks, request log."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from qbo_emulator.core.clock import Clock
from qbo_emulator.core.company_registry import Realms
from qbo_emulator.core.id_generator import Entropy
from qbo_emulator.core.id_token import Signer
from qbo_emulator.core.latency import Latency
from qbo_emulator.core.limits import Limits
from qbo_emulator.core.oauth import Grant, Tokens
from qbo_emulator.core.store import Change, Company
from qbo_emulator.core.webhooks import Sender
from qbo_emulator.faults.injection import Injector
from qbo_emulator.json_codec import Doc
from qbo_emulator.seed.build import open_company
from qbo_emulator.seed.small import SmallCompanies

READY_SCOPES = ("com.intuit.quickbooks.accounting",)


@dataclass
class Settings:
    """How the process was started."""

    profiles: tuple[str, ...] = ("us",)
    # The size of the first company, when it is not the usual one.
    customers: int | None = None
    invoices: int | None = None
    # How many small companies wait beside the named ones.
    companies: int = 0
    client_id: str | None = None
    client_secret: str | None = None
    verifier_token: str | None = None
    webhook_url: str | None = None
    redirect_uris: tuple[str, ...] = ()
    control_token: str | None = None
    seed: str | None = None
    limits_on: bool = True
    public_url: str | None = None
    # Whether answers take as long as in life.
    latency: bool = False
    # The year whose recordings the rows look like, when it is not the newest.
    rows_as_of: int | None = None


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
        self.companies = Realms()
        self.waiting_since: datetime | None = None
        self.url = ""
        self.tokens = Tokens(self.entropy)
        self.injector = Injector(self.entropy.seed)
        self.signer = Signer()
        self.limits = Limits()
        if not settings.limits_on:
            self.limits.settings.switch_off()
        self.requests = RequestLog()
        self.latency = Latency()
        self.latency.as_in_life(on=settings.latency)
        self.sender = Sender(self.clock, Entropy(seed=f"webhooks of {self.entropy.seed}"), verifier_token)
        self.sender.settings.url = settings.webhook_url
        # Raised by everything a state file keeps that is not in a company.
        self.revision = 0
        # The companies as of the moment that was last named, as they were opened.
        self._kept: tuple[datetime, list[Company]] | None = None

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
        company.notify = self.on_change
        company.public_url = self.url

    def refill(self, as_of: datetime | None = None) -> None:
        """Open the companies the settings name, in place of those that are there, with the dates of a moment: now."""
        self.revision = self.dirty_mark + 1
        self.companies.clear()
        now = as_of or self.clock.now()
        for company in self._opened(now) if as_of is None else self._opened_again(as_of):
            self.add_company(company)
        self.wait_for_small(now)

    def _opened(self, now: datetime) -> list[Company]:
        asked, found = self.settings, []
        for ordinal, key in enumerate(asked.profiles, start=1):
            is_first = ordinal == 1 and not asked.companies
            size = {"customers": asked.customers, "invoices": asked.invoices} if is_first else {}
            found.append(open_company(key, ordinal, now, rows_as_of=asked.rows_as_of, **size))
        return found

    def _opened_again(self, as_of: datetime) -> list[Company]:
        """Companies as of a moment: whoever names it once more gets the same books without their being made anew."""
        if self._kept is None or self._kept[0] != as_of:
            self._kept = (as_of, self._opened(as_of))
        return [company.twin(company.realm_id) for company in self._kept[1]]

    def wait_for_small(self, since: datetime) -> None:
        """Small companies, opened as of `since` when they are first touched."""
        asked, self.waiting_since = self.settings, since
        usual = 6 if asked.invoices is None else asked.invoices
        small = SmallCompanies(asked.companies, usual, since, rows_as_of=asked.rows_as_of)

        def opened(realm_id: str) -> Company:
            company = small.open(realm_id)
            self.add_company(company)
            return company

        self.companies.wait(small.names(), opened)

    def on_change(self, change: Change) -> None:
        self.sender.add(change)

    def connect_ready(self) -> list[Doc]:
        """For every company a connection with fresh tokens, as the line printed at the start shows it."""
        now = self.clock.now()
        shown = []
        ready: dict[str, list[Grant]] = {}
        for known in self.tokens.grants:
            if known.ready and not known.revoked:
                ready.setdefault(known.realm_id, []).append(known)
        for realm_id, name in self.companies.names():
            grants = ready.get(realm_id)
            grant = grants[0] if grants and grants[0].refresh_expires > now else None
            if grant is None:
                grant = self.tokens.new_grant(realm_id, READY_SCOPES, now, ready=True)
            shown.append(
                {
                    "name": name,
                    "realm_id": realm_id,
                    "access_token": self.tokens.new_access(grant, now),
                    "refresh_token": grant.refresh_token,
                }
            )
        return shown
