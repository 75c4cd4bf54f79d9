"""The app in a Pipedrive company: installed by one person after the other, removed by each, found again later."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from deals.models import (
    Account,
    CrmWrite,
    Deal,
    EmbedIntegration,
    EmbedSession,
    Member,
    MemberIdentity,
    PipedriveCompany,
    PipedriveToken,
)

from .client import PipedriveClient, utc_now
from .errors import PipedriveError, Unreadable
from .oauth import Tokens
from .tokens import live_tokens, seal, store_tokens

SOURCE = "pipedrive"
MOST_PEOPLE = 2000


class InstallRefused(Exception):
    """The app cannot be installed like this; `text` says why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Me:
    """The person who consented, and their company, as Pipedrive describes them."""

    user_id: int
    name: str
    is_admin: bool
    company_id: int
    company_name: str
    currency: str
    time_zone: str


class _Fixed:
    """Tokens that were given a moment ago."""

    def __init__(self, token: str) -> None:
        self.token = token

    def access_token(self) -> str:
        return self.token

    def renewed(self, refused: str) -> str:
        return refused


def who_consented(tokens: Tokens) -> Me:
    """Ask Pipedrive whom these tokens belong to; raises PipedriveError."""
    client = PipedriveClient(tokens.api_domain, _Fixed(tokens.access_token), utc_now)
    found = client.get("/api/v1/users/me", cost=2)
    try:
        return Me(
            user_id=int(found["id"]),
            name=str(found.get("name") or "")[:200] or str(found["id"]),
            is_admin=is_admin(found),
            company_id=int(found["company_id"]),
            company_name=str(found.get("company_name") or "")[:200] or str(found["company_id"]),
            currency=str(found.get("default_currency") or "USD")[:3],
            time_zone=str(found.get("timezone_name") or "UTC")[:64],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable from error


def is_admin(user: dict[str, Any]) -> bool:
    """Return whether a user of Pipedrive administers the company or its deals."""
    access = user.get("access")
    return any(
        isinstance(entry, dict)
        and entry.get("app") in {"global", "account_settings"}
        and bool(entry.get("admin"))
        for entry in (access if isinstance(access, list) else [])
    )


def company_of(company_id: int) -> PipedriveCompany | None:
    """Return a Pipedrive company that is known here."""
    rows = PipedriveCompany.objects.select_related("account", "integration")
    return rows.filter(company_id=company_id).first()


@transaction.atomic
def install(me: Me, tokens: Tokens, *, member: Member | None, now: datetime) -> MemberIdentity:
    """Keep what a person consented to; a company that comes for the first time gets an account.

    `member` is who started it here, None for an installation that began at Pipedrive. Raises InstallRefused.
    """
    company = company_of(me.company_id)
    if company is None:
        company = _company_new(me, tokens, member.account if member else None, now=now)
    elif member is not None and company.account_id != member.account_id:
        raise InstallRefused(_("This Pipedrive company belongs to another company’s account here."))
    PipedriveCompany.objects.filter(pk=company.pk).update(
        removed_at=None, api_domain=tokens.api_domain, name=me.company_name, blocked_until=None
    )
    EmbedIntegration.objects.filter(pk=company.integration_id).update(
        revoked_at=None, name=_title(me.company_name)
    )
    identity = _identity(company, me, member)
    row, _is_new = PipedriveToken.objects.get_or_create(
        identity=identity, defaults={"expires_at": tokens.expires_at, "refreshed_at": now}
    )
    rows = PipedriveToken.objects.filter(pk=row.pk)
    store_tokens(rows, tokens, now=now)
    rows.update(removed_at=None, is_admin=me.is_admin)
    return identity


def _title(name: str) -> str:
    return f"Pipedrive: {name}"[:80]


def _company_new(me: Me, tokens: Tokens, account: Account | None, *, now: datetime) -> PipedriveCompany:
    if account is not None and PipedriveCompany.objects.filter(account=account).exists():
        raise InstallRefused(
            _(
                "Another Pipedrive company is connected here already. Uninstall the app there first, or sign in to the right account."
            )
        )
    if account is None:
        account = Account.objects.create(name=me.company_name, currency=me.currency, time_zone=me.time_zone)
    integration = EmbedIntegration.objects.create(
        account=account,
        name=_title(me.company_name),
        origins=list(settings.PIPEDRIVE_FRAMERS),
        # Its tokens are signed with the app's own secret, so that none is kept here.
        secret="",
        admits_members=False,
    )
    return PipedriveCompany.objects.create(
        account=account,
        integration=integration,
        company_id=me.company_id,
        name=me.company_name,
        api_domain=tokens.api_domain,
        installed_at=now,
        webhook_key=secrets.token_urlsafe(24),
        webhook_password=seal(secrets.token_urlsafe(32)),
    )


def _identity(company: PipedriveCompany, me: Me, member: Member | None) -> MemberIdentity:
    known = MemberIdentity.objects.select_related("member__account", "member__user")
    found = known.filter(integration=company.integration_id, external_id=str(me.user_id)).first()
    if found is not None:
        # A colleague who was listed before, and now comes in person with an account of their own here.
        if member is not None and found.member_id != member.pk:
            if found.member.user.has_usable_password():
                raise InstallRefused(_("This Pipedrive user is somebody else here. Sign in as that person."))
            Deal.objects.filter(account=company.account_id, owner=found.member_id).update(owner=member)
            found.member = member
            found.save(update_fields=["member"])
        return found
    if member is None:
        # Whoever installs first in a new account sets it up.
        is_first = not Member.objects.filter(account=company.account_id).exists()
        member = member_new(company, me.user_id, me.name, is_admin=me.is_admin or is_first)
    return MemberIdentity.objects.create(
        integration_id=company.integration_id, external_id=str(me.user_id), member=member
    )


def member_new(company: PipedriveCompany, user_id: int, name: str, *, is_admin: bool) -> Member:
    """Make a member of a user of Pipedrive; they sign in through Pipedrive alone."""
    users = get_user_model()._default_manager
    user = users.create(username=f"pipedrive:{company.company_id}:{user_id}:{secrets.token_hex(3)}")
    user.set_unusable_password()
    user.save()
    role = Member.Role.ADMIN if is_admin else Member.Role.REP
    return Member.objects.create(account_id=company.account_id, user=user, name=name, role=role)


def people_read(company: PipedriveCompany, client: PipedriveClient) -> int:
    """Make members of the company's active users, so that deals have their owners; returns how many are new.

    None of them reaches anything before they install the app themselves. Raises PipedriveError.
    """
    known = set(
        MemberIdentity.objects.filter(integration=company.integration_id).values_list(
            "external_id", flat=True
        )
    )
    count = 0
    for user in client.whole("/api/v1/users", cost=20)[:MOST_PEOPLE]:
        user_id = user.get("id")
        if not isinstance(user_id, int) or str(user_id) in known or not user.get("active_flag", True):
            continue
        with transaction.atomic():
            name = str(user.get("name") or user_id)[:200]
            member = member_new(company, user_id, name, is_admin=False)
            MemberIdentity.objects.create(
                integration_id=company.integration_id, external_id=str(user_id), member=member
            )
        count += 1
    return count


@transaction.atomic
def uninstall(company: PipedriveCompany, user_id: str, *, now: datetime) -> bool:
    """Forget a person's tokens and end their frames; without anybody left, the company's jobs end too.

    Deals, invoices and their history stay. Returns whether the person was known.
    """
    identity = MemberIdentity.objects.filter(integration=company.integration_id, external_id=user_id).first()
    if identity is None:
        return False
    PipedriveToken.objects.filter(identity=identity).update(
        access_token="", refresh_token="", removed_at=now, lease_until=None
    )
    EmbedSession.objects.filter(integration=company.integration_id, member=identity.member_id).delete()
    if not live_tokens(company).exists():
        # Pipedrive drops the app's webhooks by itself.
        PipedriveCompany.objects.filter(pk=company.pk).update(removed_at=now, webhook_ids=[])
        EmbedSession.objects.filter(integration=company.integration_id).delete()
        due = CrmWrite.objects.filter(deal__account=company.account_id, deal__external_source=SOURCE)
        due.filter(state__in=[CrmWrite.State.DUE, CrmWrite.State.SENDING]).update(
            state=CrmWrite.State.FAILED, problem="uninstalled"
        )
    return True


__all__ = [
    "SOURCE", "InstallRefused", "Me", "PipedriveError", "company_of", "install", "member_new", "people_read",
    "uninstall", "who_consented",
]  # fmt: skip
