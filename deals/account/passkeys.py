"""Passkeys: a key pair in a device or a password manager, unlocked by face, finger or PIN; we hold the public half.

The browser's part is static/js/passkeys.js; what it answers is verified by py_webauthn.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    generate_user_handle,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from deals.models import Passkey, PasskeyHandle

logger = logging.getLogger(__name__)

RP_NAME = "CRM invoicing"
# Challenges wait in the session; several, because a page that offers passkeys may be open in several tabs.
CHALLENGES, LIFE, MOST_WAITING = "passkey_challenges", timedelta(minutes=5), 4
MOST_PASSKEYS, LONGEST_ANSWER = 20, 20_000
ADD, SIGN_IN, SECOND_STEP, CONFIRM = "add", "sign-in", "second-step", "confirm"


class PasskeyRefused(Exception):
    """A passkey that is not taken; `text` says why and what to do, `why` is for the log."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.why, self.text = why, text


@dataclass(frozen=True)
class Place:
    """The one address that passkeys of this installation belong to."""

    rp_id: str
    origin: str


def place() -> Place:
    """Return where passkeys belong; it follows PUBLIC_URL and never the request."""
    parts = urlsplit(settings.PUBLIC_URL)
    return Place(parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}")


def has_passkeys(user: Any) -> bool:
    """Return whether a user has a passkey."""
    return Passkey.objects.filter(user=user).exists()


def creation_options(user: Any, name: str, session: SessionBase, *, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to make a passkey for a user, as JSON."""
    known, _made = PasskeyHandle.objects.get_or_create(
        user=user, defaults={"handle": bytes_to_base64url(generate_user_handle())}
    )
    options = generate_registration_options(
        rp_id=place().rp_id,
        rp_name=RP_NAME,
        user_id=base64url_to_bytes(known.handle),
        user_name=user.get_username(),
        user_display_name=name,
        timeout=int(LIFE.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(user),
    )
    _challenge_keep(session, ADD, options.challenge, now=now)
    return options_to_json_dict(options)


def request_options(session: SessionBase, purpose: str, user: Any = None, *, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to use a passkey, as JSON: any of here, or one of `user`."""
    options = generate_authentication_options(
        rp_id=place().rp_id,
        timeout=int(LIFE.total_seconds() * 1000),
        allow_credentials=_descriptors(user) if user is not None else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _challenge_keep(session, purpose, options.challenge, now=now)
    return options_to_json_dict(options)


def passkey_add(user: Any, answer: str, name: str, session: SessionBase, *, now: datetime) -> Passkey:
    """Keep the passkey that a browser made; raises PasskeyRefused."""
    if Passkey.objects.filter(user=user).count() >= MOST_PASSKEYS:
        raise PasskeyRefused("too many", _("You have twenty passkeys. Remove one that you do not use."))
    try:
        credential = parse_registration_credential_json(answer[:LONGEST_ANSWER])
        given = parse_client_data_json(credential.response.client_data_json)
    except Exception as problem:  # whatever the parser makes of a stranger's bytes
        raise _unreadable() from problem
    challenge = _challenge_take(session, ADD, given.challenge, now=now)
    _same_address(given.origin)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place().rp_id,
            expected_origin=place().origin,
            require_user_verification=True,
        )
    except Exception as problem:
        raise _unreadable() from problem
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name,
                credential_id=bytes_to_base64url(made.credential_id),
                public_key=bytes_to_base64url(made.credential_public_key),
                sign_count=made.sign_count,
                transports=[str(one.value) for one in credential.response.transports or []],
                added_at=now,
            )
    except IntegrityError as problem:
        raise PasskeyRefused(
            "known already", _("This passkey is known here already. Nothing was added.")
        ) from problem


def credential_named(answer: str) -> str:
    """Return the id of the credential that an answer is of, "" for what is no answer; nothing is verified."""
    try:
        return str(parse_authentication_credential_json(answer[:LONGEST_ANSWER]).id)
    except Exception:  # whatever the parser makes of a stranger's bytes
        return ""


def passkey_check(
    session: SessionBase, purpose: str, answer: str, user: Any = None, *, now: datetime
) -> Passkey:
    """Return the passkey whose owner gave this answer just now, of `user` if one is named; raises PasskeyRefused."""
    try:
        credential = parse_authentication_credential_json(answer[:LONGEST_ANSWER])
        given = parse_client_data_json(credential.response.client_data_json)
    except Exception as problem:  # whatever the parser makes of a stranger's bytes
        raise _unreadable() from problem
    challenge = _challenge_take(session, purpose, given.challenge, now=now)
    rows = Passkey.objects.filter(credential_id=credential.id, user__is_active=True)
    row = rows.select_related("user__passkey_handle").first()
    handle = credential.response.user_handle
    is_theirs = (
        row is not None
        and (user is None or row.user_id == user.pk)
        # A passkey that signs in by itself has to say whose it is; one that was asked for by name may.
        and (bytes_to_base64url(handle) == row.user.passkey_handle.handle if handle else user is not None)
    )
    if row is None or not is_theirs:
        raise PasskeyRefused(
            "unknown",
            _(
                "This passkey is not known here: it was removed, or is another installation’s. Use another way in."
            ),
        )
    _same_address(given.origin)
    try:
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place().rp_id,
            expected_origin=place().origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            # The count is compared below, in the statement that also stores it: of two answers at once one is refused.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as problem:
        raise _unreadable() from problem
    _count(row, used.new_sign_count, now=now)
    return row


def _count(row: Passkey, count: int, *, now: datetime) -> None:
    """Note a use; raises PasskeyRefused for a count that does not go on: a copy of the key may be about."""
    goes_on = Q(sign_count__lt=count) if count else Q(sign_count=0)
    if not Passkey.objects.filter(goes_on, pk=row.pk).update(sign_count=count, last_used_at=now):
        logger.warning("passkey counted back", extra={"user": row.user_id, "passkey": row.pk})
        raise PasskeyRefused(
            "counted back",
            _(
                "This passkey was refused: it may have been copied. Sign in another way, remove it and add a new one."
            ),
        )


def _descriptors(user: Any) -> list[PublicKeyCredentialDescriptor]:
    ids = Passkey.objects.filter(user=user).values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in ids]


def _unreadable() -> PasskeyRefused:
    return PasskeyRefused(
        "not verified", _("The passkey could not be verified. Try again, or use another way.")
    )


def _same_address(origin: str) -> None:
    if origin != place().origin:
        raise PasskeyRefused(
            "other address",
            _("Passkeys of here work at %(address)s. Open this page there.") % {"address": place().origin},
        )


def _challenge_keep(session: SessionBase, purpose: str, challenge: bytes, *, now: datetime) -> None:
    waiting = session.get(CHALLENGES, [])[-(MOST_WAITING - 1) :]
    until = (now + LIFE).timestamp()
    session[CHALLENGES] = [*waiting, [purpose, bytes_to_base64url(challenge), until]]


def _challenge_take(session: SessionBase, purpose: str, given: bytes, *, now: datetime) -> bytes:
    """Return the challenge that an answer is to, which is gone with that; raises PasskeyRefused for one that never was."""
    text, waiting = bytes_to_base64url(given), session.get(CHALLENGES, [])
    session[CHALLENGES] = [one for one in waiting if one[1] != text]
    if not any(one[0] == purpose and one[1] == text and one[2] >= now.timestamp() for one in waiting):
        raise PasskeyRefused("too late", _("That took too long, or was sent twice. Try again."))
    return given
