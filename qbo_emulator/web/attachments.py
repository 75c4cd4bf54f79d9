"""Takes files in, tells where they are, and hands them out at the address an attachment carries."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.entities.attachments import file_key, keep_file, uploads
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine
from qbo_emulator.web.calls import Call
from qbo_emulator.world import World

KIND = ENTITY_TYPES["Attachable"]


def uploaded(company: Company, call: Call, now: datetime) -> Doc:
    """One entry per file: its attachment, or the fault that kept it out."""
    answers: list[Doc] = []
    for described, part in uploads(call.body, call.media):
        body = {name: value for name, value in described.items() if name not in {"Id", "SyncToken"}}
        try:
            row = keep_file(company, engine.save(company, KIND, body, now), part.content)
            answers.append({KIND.name: row.text})
        except errors.Fault as fault:
            answers.append({"Fault": fault.doc()})
    return {"AttachableResponse": answers}


def download_address(company: Company, qbo_id: str) -> str:
    """Where the file of an attachment can be fetched now (610 when it has none)."""
    row = engine.read(company, KIND, qbo_id)
    file_key(row)
    _, mark, rest = str(row.data["TempDownloadUri"]).partition("/attachments/")
    return f"{company.public_url}{mark}{rest}"


class Attachments:
    """Answers the temporary download addresses; whoever knows one may fetch the file."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def fetch(self, request: Request) -> Response:
        company = self.world.companies.find(request.path_params["realm_id"])
        content = company.files.get(request.path_params["key"]) if company else None
        if content is None:
            return Response("AccessDenied", status_code=403, media_type="text/plain")
        # Always as a file of unknown kind: what somebody attached is never to run as a page of this host.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="application/octet-stream", headers=headers)
