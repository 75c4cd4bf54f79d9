"""One API request, taken apart: which company, which operation, which entity, what body."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from qbo_emulator import json_codec
from qbo_emulator.core.schema import EntityType
from qbo_emulator.entities import BY_SEGMENT
from qbo_emulator.faults import errors
from qbo_emulator.web.answers import wants_json


@dataclass
class Call:
    """A request to /v3/company/<realm>/<segments>."""

    method: str
    path: str
    realm_id: str
    segments: list[str]
    query: dict[str, str]
    body: bytes
    accept: str
    media: str

    @property
    def as_json(self) -> bool:
        return wants_json(self.accept)

    @property
    def kind(self) -> EntityType | None:
        return BY_SEGMENT.get(self.segments[0]) if self.segments else None

    @property
    def request_id(self) -> str:
        return self.query.get("requestid", "")

    @property
    def fingerprint(self) -> str:
        """What must be equal for a repeated request id to mean the same request."""
        parts = (self.method, self.path, self.query.get("operation", ""), self.query.get("include", ""))
        return hashlib.sha256("\n".join(parts).encode() + b"\n" + self.body).hexdigest()

    def text(self) -> str:
        """The body as text (500 when it is not UTF-8)."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise errors.not_utf8() from None

    def document(self) -> Any:
        """The JSON body (2010 when it is none, 500 when it is not UTF-8)."""
        try:
            found = json_codec.decode(self.text())
        except ValueError:
            raise errors.unreadable_body("The request body") from None
        if not isinstance(found, dict):
            raise errors.unreadable_body("The request body")
        return found

    @property
    def operation(self) -> str:
        """The name that logs and fault rules know the request by, such as `invoice.create`."""
        head = self.segments[0] if self.segments else ""
        if head in {"query", "cdc", "batch"}:
            return head
        return f"{head or 'none'}.{self._verb()}"

    def _verb(self) -> str:
        if self.kind is None:
            return "unknown"
        if self.method == "GET":
            return "pdf" if self.segments[-1] == "pdf" else "read"
        if self.segments[-1] == "send":
            return "send"
        named = self.query.get("operation", "").lower()
        voiding = "void" in self.query.get("include", "").lower().split(",")
        if voiding or named in {"void", "delete"}:
            return "void" if voiding else named
        return "update" if self._names_id() else "create"

    def _names_id(self) -> bool:
        try:
            found = json_codec.decode(self.body)
        except ValueError:
            return False
        return isinstance(found, dict) and found.get("Id") not in (None, "")


async def read_call(request: Request) -> Call:
    """The call behind a request."""
    return Call(
        method=request.method,
        path=request.url.path,
        realm_id=request.path_params["realm_id"],
        segments=[part for part in request.path_params["rest"].lower().split("/") if part],
        query=dict(request.query_params),
        body=await request.body(),
        accept=request.headers.get("accept", ""),
        media=request.headers.get("content-type", ""),
    )
