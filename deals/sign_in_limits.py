"""How often a sign-in may be tried: each failure beyond the first few makes the next wait longer.

Counted before the password is hashed, so that guessing costs this machine nothing. A name alone waits only briefly,
however often it is tried from elsewhere: nobody can lock a colleague out.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db.models import Case, DateTimeField, F, Q, Value, When

from .models import SignInAttempts

FORGOTTEN_AFTER = timedelta(hours=1)
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """After `free` failures each next one doubles the wait, up to `longest`."""

    scope: str
    free: int
    longest: timedelta


LIMITS = (
    Limit("name at address", 5, timedelta(minutes=15)),
    Limit("address", 30, timedelta(minutes=15)),
    Limit("name", 30, timedelta(seconds=30)),
)


def sign_in_wait(name: str, address: str, *, now: datetime) -> int:
    """Return for how many seconds sign-ins of this name from this address are refused; 0 when one may be tried."""
    keys = [key for _limit, key in _keys(name, address)]
    until = (
        SignInAttempts.objects.filter(key__in=keys, blocked_until__gt=now)
        .order_by("-blocked_until")
        .values_list("blocked_until", flat=True)
        .first()
    )
    return max(1, round((until - now).total_seconds())) if until else 0


def sign_in_begins(name: str, address: str, *, now: datetime) -> bool:
    """Count an attempt as failed before it is known; False when one of its limits lets none through at the moment.

    The count is claimed by a conditional UPDATE, so that a hundred tries at once are no more than one.
    """
    for limit, key in _keys(name, address):
        SignInAttempts.objects.get_or_create(key=key, defaults={"last_at": now})
        row = SignInAttempts.objects.filter(key=key)
        row.filter(last_at__lt=now - FORGOTTEN_AFTER).update(failures=0, blocked_until=None)
        free = Q(blocked_until__isnull=True) | Q(blocked_until__lte=now)
        claimed = row.filter(free).update(
            failures=F("failures") + 1, last_at=now, blocked_until=_blocked_until(limit, now)
        )
        if not claimed:
            return False
    return True


def _blocked_until(limit: Limit, now: datetime) -> Case:
    """Return the expression of the next try's time, by the failures before this one."""
    waits, seconds = [], 1
    while timedelta(seconds=seconds // 2) < limit.longest:
        waits.append(min(timedelta(seconds=seconds), limit.longest))
        seconds *= 2
    steps = [
        When(failures__gte=limit.free - 1 + step, then=Value(now + wait)) for step, wait in enumerate(waits)
    ]
    return Case(*reversed(steps), default=Value(None), output_field=DateTimeField())


def sign_in_worked(name: str, address: str) -> None:
    """Forget the failures of a person who signed in; those of the address stay, less this one."""
    by_scope = {limit.scope: key for limit, key in _keys(name, address)}
    address_key = by_scope.pop("address", None)
    SignInAttempts.objects.filter(key__in=by_scope.values()).delete()
    if address_key:
        mine = SignInAttempts.objects.filter(key=address_key)
        mine.filter(failures__gt=0).update(failures=F("failures") - 1)


def attempts_cleanup(*, now: datetime) -> None:
    """Drop what nobody waits for any more."""
    SignInAttempts.objects.filter(last_at__lt=now - KEPT).delete()


def _keys(name: str, address: str) -> list[tuple[Limit, str]]:
    place, person = _network(address), " ".join(name.split()).casefold()[:150]
    of_scope = {"name at address": f"{person}|{place}", "address": place, "name": person}
    return [
        (limit, _digest(f"{limit.scope}|{of_scope[limit.scope]}"))
        for limit in LIMITS
        if place or limit.scope == "name"
    ]


def _network(address: str) -> str:
    """Return the address; of IPv6 the network that one customer has."""
    try:
        return str(ip_network(f"{address}/64", strict=False) if ip_address(address).version == 6 else address)
    except ValueError:
        return ""


def _digest(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
