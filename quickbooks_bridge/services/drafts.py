"""The invoice form as somebody left it: kept while they type, given back when they return, gone once it is sent."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from deals.models import Account, Deal
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, InvoiceIntent, KeptDraft


def draft_keep(
    viewer: Viewer, deal: Deal, connection: Connection, state: dict[str, Any], *, now: datetime
) -> KeptDraft:
    """Keep the form's state (`FormState.as_json`) for this person and deal."""
    kept, _made = KeptDraft.objects.update_or_create(
        deal=deal,
        member=viewer.member,
        defaults={
            "account": viewer.account,
            "realm_id": connection.realm_id,
            "state": state,
            "saved_at": now,
        },
    )
    return kept


def draft_of(viewer: Viewer, deal: Deal) -> KeptDraft | None:
    """Give what this person left on the deal."""
    return KeptDraft.objects.filter(account=viewer.account, deal=deal, member=viewer.member).first()


def draft_forget(viewer: Viewer, deal: Deal) -> None:
    """Throw it away."""
    KeptDraft.objects.filter(account=viewer.account, deal=deal, member=viewer.member).delete()


def sent_intents(account: Account | int, deal: Deal | int, token: str) -> QuerySet[InvoiceIntent]:
    """Give what became of this very form when it was sent before: a double click, the back button, a second tab.

    A refused one may be sent again and does not count.
    """
    rows = InvoiceIntent.objects.filter(account=account, deal=deal, token=token)
    return rows.exclude(state=InvoiceIntent.State.REFUSED)


def refused_intent(viewer: Viewer, deal: Deal, realm_id: str, pk: int) -> InvoiceIntent | None:
    """Give a refused invoice of this deal, to be opened in the form again."""
    return InvoiceIntent.objects.filter(
        account=viewer.account, deal=deal, realm_id=realm_id, pk=pk, state=InvoiceIntent.State.REFUSED
    ).first()
