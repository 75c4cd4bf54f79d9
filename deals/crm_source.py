"""The one seam to whatever CRM a deal comes from: our own tables, a CRM that pushes its deals, or one that is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.urls import reverse

from .fields import MappableField, field_catalogue
from .models import Account, CrmCopy, Deal, Member
from .selectors import custom_field_facts


@dataclass(frozen=True)
class Freshness:
    """How old what is known of a deal may be. `problem` says why it could not be read now, "" if nothing stands in the way.

    `read_at` is None for a deal that is always as it is here.
    """

    read_at: datetime | None = None
    problem: str = ""

    @property
    def is_stale(self) -> bool:
        """Whether the page warns that it shows an older copy."""
        return bool(self.problem)


@dataclass(frozen=True)
class WrittenBack:
    """What a deal's invoices come to, as it is written into fields of the CRM. Money is in `currency`."""

    status: str
    currency: str
    invoiced: Decimal
    paid: Decimal
    outstanding: Decimal


@dataclass(frozen=True)
class Wanted:
    """What an account wants written into its CRM: notes since a time (None: none), and fields. `can_be` says if it may choose."""

    notes_since: datetime | None = None
    has_fields: bool = False
    can_be: bool = False


@dataclass(frozen=True)
class CrmTrouble:
    """Something about a CRM that needs somebody: "sign_in" with the people's names, "writes" with how many, "set_up"."""

    code: str
    crm: str
    names: tuple[str, ...] = ()
    count: int = 0


class CrmSource(Protocol):
    """What every CRM can be asked; one that cannot do a thing does nothing."""

    def load_deal(self, deal: Deal, member: Member | None, *, is_whole: bool, now: datetime) -> Freshness:
        """Bring our copy up to date, with the deal's products if `is_whole`; never raises for a CRM that does not answer."""
        ...

    def list_fields(self, account: Account) -> tuple[MappableField, ...]:
        """Return the fields that an invoice can be filled from."""
        ...

    def wanted(self, account: Account) -> Wanted:
        """Return what is to be written back."""
        ...

    def push_note(self, deal: Deal, key: str, text: str, *, is_old: bool, now: datetime) -> None:
        """Keep a note that is to stand on the deal; the same `key` is written once, and never if it `is_old`."""
        ...

    def write_fields(self, deal: Deal, values: WrittenBack, *, now: datetime) -> None:
        """Keep what the deal's fields are to say about its invoices."""
        ...

    def deal_url(self, deal: Deal) -> str:
        """Return where people find the deal."""
        ...

    def troubles(self, account: Account, *, now: datetime) -> list[CrmTrouble]:
        """Return what needs somebody."""
        ...


class LocalSource:
    """Deals that were written here or pushed here: our own tables are right, and the change log says everything."""

    def load_deal(self, deal: Deal, member: Member | None, *, is_whole: bool, now: datetime) -> Freshness:
        """Return that the deal is as it is."""
        return Freshness()

    def list_fields(self, account: Account) -> tuple[MappableField, ...]:
        """Return the built-in fields and the account's own."""
        return field_catalogue(custom_field_facts(account))

    def wanted(self, account: Account) -> Wanted:
        """Return that nothing is to be written: the deal's page shows it."""
        return Wanted()

    def push_note(self, deal: Deal, key: str, text: str, *, is_old: bool, now: datetime) -> None:
        """Do nothing: the change log of the deal says it."""

    def write_fields(self, deal: Deal, values: WrittenBack, *, now: datetime) -> None:
        """Do nothing: the deal's page shows it."""

    def deal_url(self, deal: Deal) -> str:
        """Return the deal's page here."""
        return reverse("deals:deal_detail", args=[deal.pk])

    def troubles(self, account: Account, *, now: datetime) -> list[CrmTrouble]:
        """Return nothing: there is nobody else to depend on."""
        return []


_LOCAL = LocalSource()
_SOURCES: dict[str, CrmSource] = {}


def register_source(key: str, source: CrmSource) -> None:
    """Let deals whose `external_source` is `key` be served by a source."""
    _SOURCES[key] = source


def source_of(deal: Deal) -> CrmSource:
    """Return the source of a deal."""
    return _SOURCES.get(deal.external_source, _LOCAL)


def read_sources() -> Mapping[str, CrmSource]:
    """Return the sources that deals are read from, by their keys."""
    return dict(_SOURCES)


def freshness_of(deal: Deal) -> Freshness:
    """Return how old our copy of a deal is, without asking anybody."""
    if deal.external_source not in _SOURCES:
        return Freshness()
    copy = CrmCopy.objects.filter(deal=deal).first()
    return Freshness(copy.read_at, copy.problem) if copy else Freshness()


def load_deal(deal: Deal, member: Member | None, *, now: datetime) -> Freshness:
    """Bring a deal of another CRM up to date, with its products, and the row at hand with it; a deal of ours is as it is."""
    if deal.external_source not in _SOURCES:
        return Freshness()
    found = source_of(deal).load_deal(deal, member, is_whole=True, now=now)
    deal.refresh_from_db()
    return found


def load_unread(deal: Deal, member: Member | None, *, now: datetime) -> None:
    """Read a deal of another CRM with its products if that was never done: a page that lists them would say there are none."""
    if deal.external_source not in _SOURCES:
        return
    if not CrmCopy.objects.filter(deal=deal, lines_read_at__isnull=False).exists():
        load_deal(deal, member, now=now)


def kept_at(deal: Deal) -> str:
    """Return where a deal is changed that is read from another CRM, "" for one that is changed here."""
    return source_of(deal).deal_url(deal) if deal.external_source in _SOURCES else ""


def wants_write_back(account: Account) -> bool:
    """Return whether an account has a CRM that can be written into."""
    return any(source.wanted(account).can_be for source in _SOURCES.values())


def crm_troubles(account: Account, *, now: datetime) -> list[CrmTrouble]:
    """Return what of all the account's CRMs needs somebody."""
    return [one for source in _SOURCES.values() for one in source.troubles(account, now=now)]
