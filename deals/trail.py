"""The trail of an account: who did what to it, with before and after. Written in the transaction that does it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Account, AccountEvent, Member

# What is never written: it would open something, or is nobody's business.
HIDDEN = frozenset({"password", "secret", "token", "client_secret"})
LONGEST = 200


def event_add(
    account: Account | int,
    kind: str,
    *,
    actor: Member | None,
    what: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Keep that somebody did something. Of `before` and `after` only what differs is kept."""
    before, after = before or {}, after or {}
    changes = {
        name: [_text(before.get(name)), _text(after.get(name))]
        for name in after
        if name not in HIDDEN and _text(before.get(name)) != _text(after.get(name))
    }
    if (before or after) and not changes:
        return
    AccountEvent.objects.create(
        account_id=account if isinstance(account, int) else account.pk,
        occurred_at=at or timezone.now(),
        kind=kind,
        actor=actor,
        data={"what": what[:LONGEST], "changes": changes},
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:LONGEST]


def kinds() -> dict[str, str]:
    """Return the kinds of events and what people read."""
    return {
        "invited": _("Invited somebody"),
        "invitation.withdrawn": _("Took an invitation back"),
        "joined": _("Joined"),
        "rights": _("Changed somebody’s rights"),
        "removed": _("Removed somebody"),
        "returned": _("Let somebody back in"),
        "sharing": _("Changed who sees invoices"),
        "token.made": _("Made an API token"),
        "token.revoked": _("Revoked an API token"),
        "crm.added": _("Let a CRM in"),
        "crm.revoked": _("Shut a CRM out"),
        "pipedrive.writing": _("Changed what is written into Pipedrive"),
        "quickbooks.connected": _("Connected QuickBooks"),
        "quickbooks.disconnected": _("Disconnected QuickBooks"),
        "quickbooks.keys": _("Changed the keys of the Intuit app"),
        "settings.mapping": _("Changed how invoices are filled"),
        "settings.choices": _("Changed how invoices are written"),
        "factor.on": _("Switched a second factor on"),
        "factor.off": _("Switched a second factor off"),
        "passkey.added": _("Added a passkey"),
        "passkey.removed": _("Removed a passkey"),
        "identity.linked": _("Linked single sign-on"),
        "identity.removed": _("Unlinked single sign-on"),
        "signed.out": _("Signed somebody out everywhere"),
        "factor.required": _("Changed who needs a second factor"),
        "password": _("Changed their password"),
        "issue.assigned": _("Assigned an issue"),
        "issue.solved": _("Marked an issue as solved"),
        "chat.added": _("Added a chat channel"),
        "chat.removed": _("Removed a chat channel"),
        "address": _("Changed their mail address"),
        "erased": _("Erased personal data"),
        "handed.out": _("Handed out what is held about somebody"),
    }


def events_of(account: Account, *, kind: str = "", actor: str = "") -> QuerySet[AccountEvent]:
    """Return an account's events, newest first, of one kind or one person."""
    rows = AccountEvent.objects.filter(account=account).select_related("actor")
    if kind in kinds():
        rows = rows.filter(kind=kind)
    if actor.isascii() and actor.isdigit() and len(actor) < 18:
        rows = rows.filter(actor=int(actor))
    return rows


def csv_rows(rows: Iterable[AccountEvent]) -> Iterator[list[str]]:
    """Yield the trail as rows of a CSV file, its head first."""
    words = kinds()
    yield [_("When"), _("Who"), _("What"), _("About"), _("Field"), _("Before"), _("After")]
    for row in rows:
        head = [
            row.occurred_at.isoformat(),
            row.actor.name if row.actor else "",
            words.get(row.kind, row.kind),
            row.data.get("what", ""),
        ]
        for name, (before, after) in (row.data.get("changes") or {"": ("", "")}).items():
            yield [*head, name, before, after]
