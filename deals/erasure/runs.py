"""Runs of an erasure: begun by an admin, gone on with by whoever has time, ended by a receipt that names nobody."""

import hashlib
import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals.account.sessions import sessions_end
from deals.models import Account, Erasure, Member
from deals.trail import event_add

from .engine import RunTaken, erase_chunk
from .registry import declarations, obstacles
from .subject import Subject, SubjectRefused, require_erasable

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
# What was written while a run went on is found by going through all of it again, until nothing is found.
MOST_PASSES = 5
# How many chunks a request waits for; the rest is done in the background.
IN_REQUEST = 400
AT_ONCE = 500


@transaction.atomic
def erasure_begin(by: Member, subject: Subject, *, now: datetime) -> Erasure:
    """Begin to erase a person; raises SubjectRefused where that must not be done, or not now."""
    account = Account.objects.select_for_update().get(pk=by.account_id)
    if not by.is_admin or subject.account != account.pk:
        raise SubjectRefused(_("Only an admin may do this."))
    require_erasable(by, subject)
    for text in obstacles(subject):
        raise SubjectRefused(text)
    number = (Erasure.objects.filter(account=account).aggregate(last=Max("number"))["last"] or 0) + 1
    for user in subject.users().values_list("user", flat=True):
        sessions_end(user)
    sealed = encrypt(json.dumps(subject.as_dict()), keys=settings.TOKEN_ENCRYPTION_KEYS)
    return Erasure.objects.create(
        account=account,
        number=number,
        label=_("Erased person %(n)s") % {"n": number},
        subject=sealed,
        asked_by=by,
        began_at=now,
    )


def erasure_continue(pk: int, *, now: datetime, chunks: int = AT_ONCE) -> Erasure | None:
    """Go on with a run for at most so many chunks; None while somebody else does, or when it is done."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    mine = Erasure.objects.filter(free, pk=pk, state=Erasure.State.RUNNING)
    if not mine.update(lease_until=now + LEASE):
        return None
    row = Erasure.objects.select_related("asked_by").get(pk=pk)
    subject = Subject.of(json.loads(decrypt(row.subject, keys=settings.TOKEN_ENCRYPTION_KEYS)))
    left = chunks
    while left > 0:
        try:
            is_begun = erase_chunk(row, subject)
        except RunTaken:
            return None
        if is_begun:
            left -= 1
        elif (row.is_clean or row.passes + 1 >= MOST_PASSES) and not obstacles(subject):
            _finish(row, now=now)
            return row
        else:
            # What begins meanwhile is waited for.
            left = 0 if obstacles(subject) else left
            row.passes, row.step, row.last_key, row.is_clean = row.passes + 1, 0, "", True
            row.save(update_fields=["passes", "step", "last_key", "is_clean"])
    Erasure.objects.filter(pk=pk).update(lease_until=None)
    return row


@transaction.atomic
def _finish(row: Erasure, *, now: datetime) -> None:
    """End a run: from here on nobody can tell whom it was about."""
    row.state, row.subject, row.finished_at, row.lease_until = Erasure.State.DONE, "", now, None
    row.save(update_fields=["state", "subject", "finished_at", "lease_until"])
    event_add(
        row.account_id, "erased", actor=row.asked_by, what=row.label, after=row.counts or {"rows": 0}, at=now
    )


def erasures_continue(*, now: datetime) -> int:
    """Go on with every run that nobody works on; returns how many there were."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    keys = list(Erasure.objects.filter(free, state=Erasure.State.RUNNING).values_list("pk", flat=True)[:20])
    for pk in keys:
        try:
            erasure_continue(pk, now=now)
        except UnreadableToken:
            # Its key is gone: it waits for its lease, holds nobody else up, and is begun anew by whoever asks again.
            logger.exception("erasure cannot be read with any key", extra={"erasure": pk})
    return len(keys)


def progress(row: Erasure) -> dict[str, int]:
    """Return how far a run is, in steps of its present pass."""
    return {"done": min(row.step, len(declarations())), "total": len(declarations())}


def receipt(row: Erasure) -> dict[str, Any]:
    """Return what was done as JSON values: no name, no address; `digest` is SHA-256 over the rest with sorted keys."""
    with translation.override("en"):
        known = {one.name: one for one in declarations()}
        records = [
            {
                "record": str(known[name].title) if name in known else name,
                "rows": count,
                "removed": str(known[name].removes) if name in known else "",
                "kept": str(known[name].keeps) if name in known else "",
            }
            for name, count in sorted(row.counts.items())
        ]
    body: dict[str, Any] = {
        "erasure": row.number,
        "label": row.label,
        "asked_by_member": row.asked_by_id,
        "began_at": row.began_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "records": records,
        "found_in_last_pass": 0 if row.is_clean else None,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return body | {"digest": hashlib.sha256(text.encode()).hexdigest()}
