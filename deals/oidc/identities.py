"""Who of here somebody is whom the provider of single sign-on vouches for. Nobody becomes a member by that alone."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from deals.models import Invitation, Member, SignInIdentity
from deals.people.invitations import InvitationRefused, invitation_of, join
from deals.trail import event_add

from .provider import OidcRefused, Vouched


def user_of(who: Vouched, *, now: datetime) -> tuple[Any, bool]:
    """Return the user whom a provider vouches for, and whether they were linked just now; raises OidcRefused.

    Once linked, issuer and subject alone decide: an address can be given to somebody else.
    """
    row = _identity(who)
    if row is not None:
        if not row.user.is_active:
            raise OidcRefused("unknown")
        SignInIdentity.objects.filter(pk=row.pk).update(last_used_at=now, email=who.email)
        return row.user, False
    if not who.email or not who.is_email_verified:
        raise OidcRefused("unverified")
    users = get_user_model()._default_manager.select_related("member__account")
    found = list(users.filter(email__iexact=who.email, is_active=True, member__isnull=False)[:2])
    # An address that two share says of neither who it is.
    if len(found) != 1:
        raise OidcRefused("unknown")
    user = found[0]
    # A second person at the provider with the same address is another person until the first is unlinked.
    if SignInIdentity.objects.filter(user=user, issuer=who.issuer).exists():
        raise OidcRefused("taken")
    _link(user, who, now=now)
    return user, True


def join_vouched(token: str, who: Vouched, *, now: datetime) -> Member:
    """Make a member of who follows an invitation and is vouched for under its address.

    Raises OidcRefused and InvitationRefused.
    """
    row: Invitation = invitation_of(token, now=now)
    if _identity(who) is not None:
        raise OidcRefused("taken")
    if not who.is_email_verified or who.email.casefold() != row.email.casefold():
        raise OidcRefused("other_address")
    name = who.name or row.name or row.email.partition("@")[0]
    with transaction.atomic():
        member = join(row, name=name, password=None, now=now)
        _link(member.user, who, now=now)
    return member


def is_same_person(user: Any, who: Vouched) -> bool:
    """Return whether the provider vouches for this very user."""
    row = _identity(who)
    return row is not None and row.user_id == user.pk


def _identity(who: Vouched) -> SignInIdentity | None:
    rows = SignInIdentity.objects.select_related("user__member__account")
    return rows.filter(issuer=who.issuer, subject=who.subject).first()


def _link(user: Any, who: Vouched, *, now: datetime) -> None:
    """Link a user; raises OidcRefused for the slower of two at once."""
    try:
        with transaction.atomic():
            SignInIdentity.objects.create(
                user=user,
                issuer=who.issuer,
                subject=who.subject,
                email=who.email,
                linked_at=now,
                last_used_at=now,
            )
            event_add(user.member.account_id, "identity.linked", actor=user.member, at=now)
    except IntegrityError as problem:
        raise OidcRefused("taken") from problem


__all__ = ["InvitationRefused", "is_same_person", "join_vouched", "user_of"]
