"""Sessions of frames: begun by a signed token, opened by a one-time code, carried by a token in the page's memory."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.db import IntegrityError, transaction

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals import push
from deals.models import Account, Deal, EmbedIntegration, EmbedSession, Member, MemberIdentity, SpentContext

from .signed_context import ContextRefused, SignedContext, issuer_of, read_context

CODE_LIFE, TAB_LIFE = timedelta(minutes=1), timedelta(minutes=5)
TOKEN_LIFE = timedelta(minutes=10)
KEPT = timedelta(hours=1)
# A code of this place opens a tab of the browser, never a frame.
TAB = "tab"
PREFIX = "emb_"


@dataclass(frozen=True)
class Opened:
    """A frame that may begin: its token, for how many seconds it holds, and the deal."""

    token: str
    seconds: int
    session: EmbedSession


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def integration_create(account: Account, name: str, origins: list[str]) -> tuple[EmbedIntegration, str]:
    """Create an integration; returns it and its secret, which is shown once and stored sealed."""
    secret = secrets.token_urlsafe(48)
    row = EmbedIntegration.objects.create(
        account=account,
        name=name,
        origins=origins,
        secret=encrypt(secret, keys=settings.TOKEN_ENCRYPTION_KEYS),
    )
    return row, secret


def context_accept(token: str, *, audience: str, now: datetime) -> tuple[EmbedIntegration, SignedContext]:
    """Return the integration and what its token says; raises ContextRefused, also for a token that was used before."""
    issuer = issuer_of(token)
    integration = EmbedIntegration.objects.filter(issuer=issuer, revoked_at__isnull=True).first()
    if integration is None:
        raise ContextRefused("invalid")
    try:
        secret = decrypt(integration.secret, keys=settings.TOKEN_ENCRYPTION_KEYS)
    except UnreadableToken as error:
        raise ContextRefused("invalid") from error
    context = read_context(token, secret=secret, issuer=issuer, audience=audience, now=now)
    try:
        with transaction.atomic():
            SpentContext.objects.create(
                integration=integration, token_id=context.token_id, expires_at=context.expires_at + KEPT
            )
    except IntegrityError as error:
        raise ContextRefused("used") from error
    return integration, context


def member_of_context(integration: EmbedIntegration, context: SignedContext) -> Member:
    """Return the member that a token names; a person who is vouched for becomes one. Raises ContextRefused."""
    known = MemberIdentity.objects.filter(integration=integration, external_id=context.user_id)
    identity = known.select_related("member__account", "member__user").first()
    if identity is None:
        if not integration.admits_members:
            raise ContextRefused("not_installed")
        identity = _admit(integration, context)
    if not identity.member.user.is_active:
        raise ContextRefused("not_installed")
    return identity.member


@transaction.atomic
def _admit(integration: EmbedIntegration, context: SignedContext) -> MemberIdentity:
    # Two frames of one new person at once wait for each other here.
    EmbedIntegration.objects.select_for_update().get(pk=integration.pk)
    known = MemberIdentity.objects.filter(integration=integration, external_id=context.user_id)
    identity = known.select_related("member__account", "member__user").first()
    if identity is not None:
        return identity
    user = get_user_model()._default_manager.create(
        username=f"{integration.issuer}:{_digest(context.user_id)[:24]}"
    )
    user.set_unusable_password()
    user.save()
    member = Member.objects.create(
        account=integration.account,
        user=user,
        name=context.user_name or context.user_id,
        role=Member.Role.ADMIN if context.role == "admin" else Member.Role.REP,
    )
    return MemberIdentity.objects.create(integration=integration, external_id=context.user_id, member=member)


def deal_of_context(integration: EmbedIntegration, context: SignedContext) -> Deal:
    """Return the deal that a token names; raises ContextRefused for one that was not pushed."""
    deal = Deal.objects.filter(
        account=integration.account_id, external_source=push.SOURCE, external_id=context.resource_id
    ).first()
    if deal is None:
        raise ContextRefused("unknown_deal")
    return deal


def context_session(token: str, *, audience: str, place: str, now: datetime) -> tuple[EmbedIntegration, str]:
    """Begin the session that a signed token asks for; returns who signed it and the one-time code. Raises ContextRefused."""
    integration, context = context_accept(token, audience=audience, now=now)
    member = member_of_context(integration, context)
    if place == "settings" and not member.is_admin:
        raise ContextRefused("admins_only")
    deal = None if place == "settings" else deal_of_context(integration, context)
    return integration, session_begin(integration, member, deal, place=place, now=now)


def session_begin(
    integration: EmbedIntegration, member: Member, deal: Deal | None, *, place: str, now: datetime
) -> str:
    """Begin a frame's session; returns the one-time code that opens it. The settings belong to no deal."""
    code = secrets.token_urlsafe(32)
    EmbedSession.objects.create(
        integration=integration,
        member=member,
        deal=deal,
        code_digest=_digest(code),
        place=place if place in settings.EMBED_PLACES or place == TAB else "panel",
        created_at=now,
        expires_at=now + (TAB_LIFE if place == TAB else CODE_LIFE),
    )
    return code


def session_open(code: str, *, now: datetime) -> Opened | None:
    """Exchange a code for a token, once; None for one that is unknown, used or old."""
    rows = EmbedSession.objects.filter(code_digest=_digest(code), expires_at__gt=now).exclude(place=TAB)
    row = rows.select_related("member__user", "deal").first()
    if row is None:
        return None
    token = PREFIX + secrets.token_urlsafe(32)
    values = {
        "code_digest": None,
        "token_digest": _digest(token),
        "session_key": _server_session(row.member),
        "expires_at": now + TOKEN_LIFE,
    }
    if not EmbedSession.objects.filter(pk=row.pk, code_digest=row.code_digest).update(**values):
        return None
    return Opened(token, round(TOKEN_LIFE.total_seconds()), row)


def tab_member(code: str, *, now: datetime, is_taken: bool) -> Member | None:
    """Return who may go on in a tab by this code, None for one that is unknown, used or old; `is_taken` uses it up."""
    rows = EmbedSession.objects.filter(code_digest=_digest(code), expires_at__gt=now, place=TAB)
    row = rows.select_related("member__user", "member__account").first()
    if row is None or not row.member.user.is_active:
        return None
    if is_taken and not rows.filter(pk=row.pk).delete()[0]:
        return None
    return row.member


def session_of(token: str, *, now: datetime) -> EmbedSession | None:
    """Return the session of a token, None for one that is unknown, old, or of an integration that was revoked."""
    if not token.startswith(PREFIX) or len(token) > 100:
        return None
    rows = EmbedSession.objects.filter(
        token_digest=_digest(token), expires_at__gt=now, integration__revoked_at__isnull=True
    )
    return rows.select_related("integration").first()


def _server_session(member: Member) -> str:
    """Return the key of a new server-side session in which the member is signed in; no browser ever gets it."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(member.user_id)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    store.set_expiry(KEPT)
    store.create()
    return str(store.session_key)


def sessions_clean(*, now: datetime) -> int:
    """Forget frames, their server-side sessions and one-time ids that are long over; returns how many frames."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    SpentContext.objects.filter(expires_at__lt=now).delete()
    count, _kinds = EmbedSession.objects.filter(expires_at__lt=now - KEPT).delete()
    return count
