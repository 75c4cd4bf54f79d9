"""One thing that needs somebody, as cards, mails and support bundles say it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.formats import number_format

OK, WARNING, ERROR, CHECKING = "ok", "warning", "error", "checking"
ICONS = {OK: "check-circle", WARNING: "attention", ERROR: "attention", CHECKING: "unknown"}


class Topic(StrEnum):
    """What an issue is about, as people choose what they are notified of (deals.notification_choices)."""

    INVOICES = "invoices"
    FIGURES = "figures"
    CONNECTION = "connection"
    CRM = "crm"
    INSTALLATION = "installation"


class Actor(StrEnum):
    """Who is responsible."""

    REP = "rep"
    ADMIN = "admin"
    ACCOUNTANT = "accountant"
    QUICKBOOKS = "quickbooks"
    INSTALLATION = "installation"


@dataclass(frozen=True)
class Issue:
    """Something that needs somebody.

    `key` is the same for as long as it is the same thing, `occurrence` differs once it happened anew. `action` names what
    the card draws: "reconnect", "sync", "notices", "alarm" or a link. `is_waiting` says that nobody has to act,
    `is_solvable` that a person may say that it is solved: of a fact, such as an ended connection, nobody can.
    """

    key: str
    kind: str
    state: str
    title: str
    text: str
    responsible: str
    actor: Actor
    topic: Topic
    occurrence: str = ""
    # What it is about by name, for the list of what is solved.
    subject: str = ""
    since: str = ""
    since_at: datetime | None = None
    again: str = ""
    action: str = ""
    link: str = ""
    link_text: str = ""
    about: str = ""
    is_waiting: bool = False
    is_solvable: bool = False
    # Whose it is before anybody assigns it, None for the admins'; the deal and the invoice that it is about.
    member_id: int | None = None
    deal_id: int | None = None
    invoice_id: int | None = None
    # The refused invoice whose creator can be reminded, and whether that was done today.
    remind: int = 0
    remind_name: str = ""
    is_reminded: bool = False

    @property
    def weight(self) -> int:
        """Return its place: what is broken, what somebody should see to, what resolves itself."""
        return 0 if self.state == ERROR else 2 if self.is_waiting else 1

    @property
    def icon(self) -> str:
        """Name the drawing of the state."""
        return ICONS[self.state]


def grouped(number: int) -> str:
    """Return a count as the reader's language writes it."""
    return str(number_format(number, force_grouping=True))
