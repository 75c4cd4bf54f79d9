"""Versions of what the API shows: `ETag`, `If-None-Match`, `If-Match`."""

import hashlib

from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response


class VersionChanged(APIException):
    """What the caller wants to change is no longer what it read."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "version_changed"
    default_detail = _(
        "This changed since you read it. Read it again, then send your change with the new ETag."
    )


def etag_of(data: object) -> str:
    """Return the version of a representation."""
    digest = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32]
    return f'"{digest}"'


def versioned(request: Request, data: object, *, code: int = status.HTTP_200_OK) -> Response:
    """Return a representation with its version, 304 where the caller has it already."""
    etag = etag_of(data)
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    if request.method in {"GET", "HEAD"} and ("*" in asked or etag in asked):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
    return Response(data, status=code, headers={"ETag": etag})


def check_version(request: Request, current: object | None) -> None:
    """Raise VersionChanged unless what stands here is what `If-Match` names; without the header everything is."""
    wanted = parse_etags(request.headers.get("If-Match", ""))
    if not wanted:
        return
    if current is None or ("*" not in wanted and etag_of(current) not in wanted):
        raise VersionChanged
