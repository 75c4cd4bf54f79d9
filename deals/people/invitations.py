"""Invitations: a link by mail that works once and for a week; whoever follows it becomes a member."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from deals.mail import mail_send
from deals.models import Account, Invitation, Member
from deals.trail import event_add

LIFE = timedelta(days=7)


class InvitationRefused(Exception):
    """An invitation that cannot be made or used; `text` says why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Invited:
    """A new invitation and the path of its link, which is known this once."""

    row: Invitation
    path: str


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(by: Member, *, email: str, name: str, role: str, now: datetime, language: str = "") -> Invited:
    """Invite somebody by mail, in a language or else the present one; an older invitation of the same address ends.

    Raises InvitationRefused.
    """
    owners = Member.objects.filter(account=by.account_id, role=Member.Role.OWNER)
    if role == Member.Role.OWNER and by.role != Member.Role.OWNER and owners.exists():
        raise InvitationRefused(_("Only an owner invites another owner."))
    users = get_user_model()._default_manager
    taken = users.filter(username__iexact=email).select_related("member").first()
    if taken is not None:
        is_here = getattr(taken, "member", None) is not None and taken.member.account_id == by.account_id
        raise InvitationRefused(
            _("This person is a member here already.")
            if is_here
            else _(
                "This address signs in here for another company already. One address belongs to one company."
            )
        )
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(account=by.account_id, email__iexact=email, used_at__isnull=True).delete()
        row = Invitation.objects.create(
            account_id=by.account_id, email=email, name=name, role=role, digest=_digest(token), invited_by=by,
            created_at=now, expires_at=now + LIFE,
        )  # fmt: skip
        event_add(by.account_id, "invited", actor=by, what=f"{email}, {row.role}", at=now)
    path = f"/join/{token}/"
    words = {"by": by.name, "company": by.account.name}
    with translation.override(language or translation.get_language()):
        subject = _("%(by)s invites you to %(company)s") % words
        text = _(
            "%(by)s invites you to work with the deals and invoices of %(company)s. The link holds for a week:"
        )
        row.problem = mail_send(email, subject, text % words, path)
    row.save(update_fields=["problem"])
    return Invited(row, path)


def invitation_of(token: str, *, now: datetime) -> Invitation:
    """Return the invitation of a link; raises InvitationRefused for one that is used, too old or unknown."""
    row = Invitation.objects.select_related("account", "invited_by").filter(digest=_digest(token)).first()
    if row is None:
        raise InvitationRefused(_("This invitation is not known, or was taken back. Ask for a new one."))
    if row.used_at is not None:
        raise InvitationRefused(_("This invitation was used already. Sign in with the password you chose."))
    if row.expires_at < now:
        raise InvitationRefused(_("This invitation is older than a week. Ask for a new one."))
    return row


def join(row: Invitation, *, name: str, password: str | None, now: datetime) -> Member:
    """Make a member of whoever follows an invitation, without a password where None is given; raises InvitationRefused, also for the slower of two at once."""
    try:
        with transaction.atomic():
            if not Invitation.objects.filter(pk=row.pk, used_at__isnull=True).update(used_at=now):
                raise InvitationRefused(_("This invitation was used a moment ago."))
            user = get_user_model()._default_manager.create_user(
                username=row.email, email=row.email, password=password
            )
            member = Member.objects.create(account_id=row.account_id, user=user, name=name, role=row.role)
            event_add(row.account_id, "joined", actor=member, what=name, at=now)
            return member
    except IntegrityError as error:
        raise InvitationRefused(_("This address signs in here already.")) from error


def first_member(company: str, *, name: str, email: str, password: str, now: datetime) -> Member:
    """Make the first company of an empty installation, and its owner; raises InvitationRefused when there is one by now."""
    with transaction.atomic():
        if Member.objects.exists():
            raise InvitationRefused(
                _("This installation is set up already. Sign in, or ask for an invitation.")
            )
        account = Account.objects.create(name=company)
        user = get_user_model()._default_manager.create_user(username=email, email=email, password=password)
        return Member.objects.create(account=account, user=user, name=name, role=Member.Role.OWNER)
