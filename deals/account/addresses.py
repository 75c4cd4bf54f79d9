"""A person's mail address: new ones count when their link was opened."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from deals.mail import mail_send
from deals.models import EmailChange

LIFE = timedelta(days=2)


def address_ask(user: Any, email: str, *, language: str, now: datetime) -> str:
    """Send a link to an address that a person says is theirs; returns "" or why the mail did not go out."""
    token = secrets.token_urlsafe(32)
    EmailChange.objects.filter(user=user).delete()
    EmailChange.objects.create(user=user, email=email, digest=_digest(token), expires_at=now + LIFE)
    return mail_send(
        email,
        _("Confirm your address"),
        _("Open this link to get notifications of CRM invoicing here. It holds for two days:"),
        f"/account/address/{token}/",
        language=language,
    )


def address_confirm(token: str, *, now: datetime) -> tuple[Any, str] | None:
    """Take the address of a link as the person's own; returns them and their address of before, None for a link that is old."""
    row = EmailChange.objects.select_related("user").filter(digest=_digest(token), expires_at__gt=now).first()
    if row is None or not EmailChange.objects.filter(pk=row.pk).delete()[0]:
        return None
    before, row.user.email = row.user.email, row.email
    row.user.save(update_fields=["email"])
    return row.user, before


def address_waiting(user: Any, *, now: datetime) -> str:
    """Return the address that waits for its link to be opened, "" for none."""
    return (
        EmailChange.objects.filter(user=user, expires_at__gt=now).values_list("email", flat=True).first()
        or ""
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
