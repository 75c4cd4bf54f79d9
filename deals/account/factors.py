"""The second factor: an authenticator app (TOTP), and codes for the day the phone is lost."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

import pyotp
import segno
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals.auth_backends import has_factor
from deals.models import RecoveryCode, SecondFactor

ISSUER = "CRM invoicing"
CODES, STEP = 10, 30
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def factor_begin(user: Any) -> str:
    """Make a secret for an authenticator app, not in force yet; returns it."""
    secret = pyotp.random_base32()
    sealed = encrypt(secret, keys=settings.TOKEN_ENCRYPTION_KEYS)
    SecondFactor.objects.update_or_create(
        user=user, defaults={"secret": sealed, "confirmed_at": None, "last_step": 0}
    )
    return secret


def begun_secret(user: Any) -> str:
    """Return the secret that is not in force yet, "" for none."""
    row = SecondFactor.objects.filter(user=user, confirmed_at__isnull=True).first()
    return _secret(row) if row else ""


def _secret(row: SecondFactor) -> str:
    try:
        return decrypt(row.secret, keys=settings.TOKEN_ENCRYPTION_KEYS)
    except UnreadableToken:
        return ""


def drawing(user: Any, secret: str) -> str:
    """Return the QR code of a secret as SVG for an authenticator app."""
    address = pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=ISSUER)
    return str(
        segno.make(address, micro=False).svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
    )


@transaction.atomic
def factor_confirm(user: Any, code: str, *, now: datetime) -> list[str] | None:
    """Put the second factor into force if the code is right; returns the recovery codes, None for a wrong one."""
    row = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
    step = _matching_step(row, code, now=now) if row else None
    if row is None or step is None:
        return None
    SecondFactor.objects.filter(pk=row.pk).update(confirmed_at=now, last_step=step)
    return recovery_codes_make(user)


def recovery_codes_first(user: Any) -> list[str]:
    """Return recovery codes for a user who has none yet, [] for one who has."""
    return [] if codes_left(user) else recovery_codes_make(user)


def recovery_codes_make(user: Any) -> list[str]:
    """Replace a user's recovery codes; returns the new ones, which are shown once."""
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _at in range(5)) for _part in range(2))
        for _n in range(CODES)
    ]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(user, code)) for code in codes)
    return codes


def code_accept(user: Any, code: str, *, now: datetime) -> bool:
    """Return whether a code of the app, or a recovery code, lets a user in; each works once."""
    text = code.strip().replace(" ", "").lower()
    row = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    step = _matching_step(row, text, now=now) if row else None
    if row is not None and step is not None:
        # Of two at once with the same code one is let in.
        return bool(SecondFactor.objects.filter(Q(pk=row.pk), last_step__lt=step).update(last_step=step))
    mine = RecoveryCode.objects.filter(user=user, digest=_digest(user, text), used_at__isnull=True)
    return bool(mine.update(used_at=now))


def codes_left(user: Any) -> int:
    """Return how many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def factor_remove(user: Any) -> None:
    """Take a user's authenticator app out of force; recovery codes stay as long as there is a passkey."""
    SecondFactor.objects.filter(user=user).delete()
    recovery_codes_drop(user)


def recovery_codes_drop(user: Any) -> None:
    """Drop the recovery codes of a user who has no second factor any more."""
    if not has_factor(user):
        RecoveryCode.objects.filter(user=user).delete()


def _matching_step(row: SecondFactor, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is: now, or one before or after for clocks that differ."""
    secret = _secret(row)
    if not secret or not code.isascii() or not code.isdigit():
        return None
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    steps = (current, current - 1, current + 1)
    return next((step for step in steps if secrets.compare_digest(totp.at(step * STEP), code)), None)


def _digest(user: Any, code: str) -> str:
    text = code.replace("-", "").lower()
    return hashlib.sha256(f"{settings.SECRET_KEY}:{user.pk}:{text}".encode()).hexdigest()
