"""The invoice form as somebody left it: kept while they type, given back when they return, gone once it is sent."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from deals.models import Account, Deal
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection, InvoiceIntent, SavedDraft


def draft_save(
    viewer: Viewer, deal: Deal, connection: Connection, state: dict[str, Any], *, now: datetime
) -> SavedDraft:
    """Keep the form's state (`FormState.as_json`) for this person and deal."""
    kept, _made = SavedDraft.objects.update_or_create(
        deal=deal,
        member=viewer.member,
        defaults={
            "account": viewer.account,
            "company": connection.company,
            "state": state,
            "saved_at": now,
        },
    )
    return kept


def draft_get(viewer: Viewer, deal: Deal) -> SavedDraft | None:
    """Return what this person left on the deal."""
    return SavedDraft.objects.filter(account=viewer.account, deal=deal, member=viewer.member).first()


def draft_delete(viewer: Viewer, deal: Deal) -> None:
    """Throw it away."""
    SavedDraft.objects.filter(account=viewer.account, deal=deal, member=viewer.member).delete()


def sent_intents(account: Account | int, deal: Deal | int, token: str) -> QuerySet[InvoiceIntent]:
    """Return what became of this very form when it was sent before: a double click, the back button, a second tab.

    A refused one may be sent again and does not count.
    """
    rows = InvoiceIntent.objects.filter(account=account, deal=deal, token=token)
    return rows.exclude(state=InvoiceIntent.State.REJECTED)


def refused_intent(viewer: Viewer, deal: Deal, company_id: int, pk: int) -> InvoiceIntent | None:
    """Return a refused invoice of this deal, to be opened in the form again."""
    return InvoiceIntent.objects.filter(
        account=viewer.account, deal=deal, company=company_id, pk=pk, state=InvoiceIntent.State.REJECTED
    ).first()
