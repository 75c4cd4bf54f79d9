"""How a frame in Pipedrive begins: its signed token says who asks, Pipedrive itself whether they may see the deal."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings

from deals.embed.sessions import KEPT, session_begin
from deals.embed.signed_context import LEEWAY, LONGEST_LIFE, ContextRefused
from deals.models import CrmCopy, CrmPermission, Deal, MemberIdentity, PipedriveCompany, SpentContext

from .errors import Forbidden, PipedriveError, RowNotFound, SignInNeeded
from .fields import fields_read
from .installs import SOURCE, company_of
from .reading import deal_read
from .tokens import client_for, live_tokens

# While Pipedrive cannot be asked, whoever saw the deal so recently may see it again.
REMEMBERED = timedelta(days=1)
# Frames that open together come within this time.
TOGETHER = timedelta(seconds=20)


@dataclass(frozen=True)
class Launch:
    """Who asks, from which company."""

    company: PipedriveCompany
    identity: MemberIdentity


def read_token(token: str, *, now: datetime) -> tuple[int, int, datetime]:
    """Return company, user and end of a token of Pipedrive's; raises ContextRefused.

    Signed with the app's secret. The algorithm is pinned; the deal is not in it, so that it is never believed.
    """
    if not settings.PIPEDRIVE_CLIENT_SECRET:
        raise ContextRefused("invalid")
    try:
        claims = jwt.decode(
            token,
            settings.PIPEDRIVE_CLIENT_SECRET,
            algorithms=["HS256"],
            options={"require": ["exp", "userId", "companyId"], "verify_exp": False, "verify_iat": False},
        )
        company, user = (_id(claims[name]) for name in ("companyId", "userId"))
        expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError) as error:
        raise ContextRefused("invalid") from error
    if expires > now + LONGEST_LIFE + LEEWAY:
        raise ContextRefused("invalid")
    if expires + LEEWAY < now:
        raise ContextRefused("expired")
    return company, user, expires


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isascii():
        raise ValueError
    return int(value)


def launch_accept(token: str, *, now: datetime) -> Launch:
    """Return who asks; raises ContextRefused, also for a token that was used before and for people without the app."""
    company_id, user_id, expires = read_token(token, now=now)
    company = company_of(company_id)
    if company is None or company.removed_at is not None:
        raise ContextRefused("not_installed")
    identity = (
        MemberIdentity.objects.filter(integration=company.integration_id, external_id=str(user_id))
        .select_related("member__account", "member__user")
        .first()
    )
    has_app = identity is not None and live_tokens(company).filter(identity=identity).exists()
    if identity is None or not has_app or not identity.member.user.is_active:
        raise ContextRefused("not_installed")
    if not _is_first_use(company, token, expires, now=now):
        raise ContextRefused("used")
    return Launch(company, identity)


def _is_first_use(company: PipedriveCompany, token: str, expires: datetime, *, now: datetime) -> bool:
    """Note that a token was used; returns whether it may be.

    It has no id of its own, so two frames that open in one second have the same one, as when a browser restores its tabs.
    """
    token_id = hashlib.sha256(token.encode()).hexdigest()
    row, _is_new = SpentContext.objects.get_or_create(
        integration=company.integration,
        token_id=token_id,
        defaults={"used_at": now, "expires_at": expires + KEPT},
    )
    return row.used_at is not None and now - row.used_at <= TOGETHER


def deal_for_launch(launch: Launch, deal_id: str, *, now: datetime) -> Deal:
    """Return the deal if this person may see it in Pipedrive: it is read in their own name. Raises ContextRefused.

    While Pipedrive does not answer, whoever saw the deal within a day sees our last copy of it, which says how old it is.
    """
    if not deal_id.isascii() or not deal_id.isdigit() or len(deal_id) > 18:
        raise ContextRefused("unknown_deal")
    company, member = launch.company, launch.identity.member
    try:
        client = client_for(company, member)
        deal = deal_read(company, client, str(int(deal_id)), is_whole=False, now=now)
    except (RowNotFound, Forbidden) as error:
        _forget(launch, deal_id)
        raise ContextRefused("unknown_deal") from error
    except SignInNeeded as error:
        raise ContextRefused("not_installed") from error
    except PipedriveError as error:
        return _remembered(launch, deal_id, error.code, now=now)
    CrmPermission.objects.update_or_create(deal=deal, member=member, defaults={"seen_at": now})
    return deal


def _remembered(launch: Launch, deal_id: str, code: str, *, now: datetime) -> Deal:
    seen = CrmPermission.objects.filter(
        deal__account=launch.company.account_id,
        deal__external_source=SOURCE,
        deal__external_id=deal_id,
        member=launch.identity.member_id,
        seen_at__gt=now - REMEMBERED,
    )
    found = seen.select_related("deal").first()
    if found is None:
        raise ContextRefused("unanswered")
    CrmCopy.objects.filter(deal=found.deal_id).update(problem=code)
    return found.deal


def _forget(launch: Launch, deal_id: str) -> None:
    """Forget that the person ever saw the deal, and say on our copy that it is gone if nobody sees it any more."""
    mine = Deal.objects.filter(account=launch.company.account_id, external_source=SOURCE, external_id=deal_id)
    CrmPermission.objects.filter(deal__in=mine, member=launch.identity.member_id).delete()


def _fields_first(company: PipedriveCompany, *, now: datetime) -> None:
    """Read the fields before the settings are seen for the first time; without an answer they come later."""
    if company.fields_read_at is not None:
        return
    try:
        fields_read(company, client_for(company), now=now)
    except PipedriveError:
        return


def launch_session(token: str, *, place: str, deal_id: str, now: datetime) -> tuple[PipedriveCompany, str]:
    """Begin the frame's session that a token asks for; returns the company and the one-time code. Raises ContextRefused."""
    launch = launch_accept(token, now=now)
    member = launch.identity.member
    deal = None
    if place == "settings":
        if not member.is_admin:
            raise ContextRefused("admins_only")
        _fields_first(launch.company, now=now)
    else:
        deal = deal_for_launch(launch, deal_id, now=now)
    code = session_begin(launch.company.integration, member, deal, place=place, now=now)
    return launch.company, code
