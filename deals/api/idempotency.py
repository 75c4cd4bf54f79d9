"""Requests that must not be done twice: the same key gives the same answer."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from deals.models import Account, ApiRequest

HEADER = "Idempotency-Key"
LONGEST_KEY = 120
KEPT = timedelta(days=1)
# A process that died left no answer; what it did is found again by whoever repeats it.
ABANDONED_AFTER = timedelta(minutes=2)


class KeyMissing(APIException):
    """A request that creates something came without a key."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "idempotency_key_missing"
    default_detail = _(
        "Send an Idempotency-Key header of at most 120 characters, a new one for each invoice."
    )


class KeyReused(APIException):
    """The key belongs to another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = _("This Idempotency-Key was used for another request. Send a new one.")


class KeyInUse(APIException):
    """The request with this key has no answer yet."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency_key_in_use"
    default_detail = _("The request with this Idempotency-Key is under way. Ask again in a few seconds.")


def key_of(request: Request) -> str:
    """Return the key of a request; raises KeyMissing."""
    key = str(request.headers.get(HEADER, "")).strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise KeyMissing
    return key


def once(request: Request, account: Account, act: Callable[[], Response], *, now: datetime) -> Response:
    """Return the answer of `act`, or the one that the same request had before.

    What fails on the way keeps no answer: it can be tried again with the same key. Raises KeyMissing, KeyReused, KeyInUse.
    """
    key = key_of(request)
    body = json.dumps(request.data, sort_keys=True, default=str)
    fingerprint = hashlib.sha256(f"{request.method} {request.path} {body}".encode()).hexdigest()
    row = _claim(account, key, fingerprint, now=now)
    if row.fingerprint != fingerprint:
        raise KeyReused
    if row.status is not None:
        return Response(row.body, status=row.status, headers={"Idempotent-Replayed": "true"})
    try:
        answer = act()
    except BaseException:
        row.delete()
        raise
    if answer.status_code >= 500:
        row.delete()
    else:
        ApiRequest.objects.filter(pk=row.pk).update(status=answer.status_code, body=_plain(answer.data))
    return answer


def _claim(account: Account, key: str, fingerprint: str, *, now: datetime) -> ApiRequest:
    """Return the row of a new key, or an answered one; raises KeyInUse for one without an answer."""
    mine = ApiRequest.objects.filter(account=account, key=key)
    mine.filter(created_at__lt=now - KEPT).delete()
    mine.filter(status__isnull=True, created_at__lt=now - ABANDONED_AFTER).delete()
    try:
        with transaction.atomic():
            return ApiRequest.objects.create(
                account=account, key=key, fingerprint=fingerprint, created_at=now
            )
    except IntegrityError:
        row = mine.first()
        if row is None or (row.status is None and row.fingerprint == fingerprint):
            raise KeyInUse from None
        return row


def requests_clean(*, now: datetime) -> None:
    """Forget answers that nobody asks for again."""
    ApiRequest.objects.filter(created_at__lt=now - KEPT).delete()


def _plain(data: object) -> object:
    """Return an answer as JSON keeps it."""
    return json.loads(json.dumps(data, default=str))
