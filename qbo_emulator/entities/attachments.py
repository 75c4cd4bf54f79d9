"""Rules of attachments: notes and files, what they hang on, and how an upload is taken apart."""

from __future__ import annotations

import binascii
import uuid
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from qbo_emulator.core.field_values import reference_id
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.core.store import Company
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc, decode

CATEGORIES = ("Contact Photo", "Document", "Image", "Receipt", "Signature", "Sound", "Other")
NAMESPACE = uuid.UUID("0b8d5c1e-5f0e-4b0a-9d55-6c1f8f0a7a11")


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str
    media: str
    content: bytes


def parts(body: bytes, media: str) -> list[Part]:
    """The parts of a multipart body; line ends may be LF alone, as a widely used client sends them."""
    boundary = _parameter(media, "boundary")
    if not boundary:
        raise errors.unreadable_body("The multipart boundary")
    found: list[Part] = []
    for piece in body.split(b"--" + boundary.encode("latin-1"))[1:]:
        if piece.startswith(b"--"):
            break
        end = b"\r\n\r\n" if b"\r\n\r\n" in piece and not piece.startswith(b"\n") else b"\n\n"
        head, _, content = piece.partition(end)
        content = (
            content.removesuffix(b"\n").removesuffix(b"\r") if end == b"\r\n\r\n" else content.strip(b"\n")
        )
        headers = _headers(head)
        if headers.get("content-transfer-encoding", "").lower() == "base64":
            try:
                content = b64decode(content, validate=False)
            except binascii.Error:
                raise errors.unreadable_body("The file content") from None
        disposition = headers.get("content-disposition", "")
        found.append(
            Part(
                _parameter(disposition, "name"),
                _parameter(disposition, "filename"),
                headers.get("content-type", ""),
                content,
            )
        )
    return found


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _parameter(header: str, name: str) -> str:
    for piece in header.split(";")[1:]:
        key, _, value = piece.strip().partition("=")
        if key.lower() == name:
            return value.strip('"')
    return ""


def uploads(body: bytes, media: str) -> list[tuple[Doc, Part]]:
    """Each file with its metadata, paired by the number at the end of their names; metadata may be missing."""
    found = parts(body, media)
    metadata: dict[str, Doc] = {}
    for part in found:
        if part.name.startswith("file_metadata"):
            try:
                described: Any = decode(part.content)
            except ValueError:
                raise errors.unreadable_body("file_metadata") from None
            metadata[part.name.rpartition("_")[2]] = described if isinstance(described, dict) else {}
    files = [part for part in found if part.name.startswith("file_content")]
    if not files:
        raise errors.required("file_content")
    pairs = []
    for part in files:
        described = metadata.get(part.name.rpartition("_")[2], {})
        name = described.get("FileName") or part.filename
        kind = described.get("ContentType") or part.media
        pairs.append(({**described, "FileName": name, "ContentType": kind}, part))
    return pairs


def keep_file(company: Company, row: Row, content: bytes) -> Row:
    """Store what was uploaded for an attachment, with the addresses it is fetched from."""
    key = str(uuid.uuid5(NAMESPACE, f"{company.realm_id} {row.qbo_id}"))
    company.files[key] = content
    address = f"/attachments/{company.realm_id}/{key}/{quote(str(row.data['FileName']), safe='')}"
    return company.annotate(
        row,
        {
            "FileAccessUri": f"/v3/company/{company.realm_id}/download/{row.qbo_id}",
            "TempDownloadUri": f"{company.public_url}{address}",
            "Size": len(content),
        },
    )


def file_key(row: Row) -> str:
    """The key of an attachment's file; 610 when it is a note alone."""
    address = row.data.get("TempDownloadUri")
    if not address:
        raise errors.not_found()
    return str(address).split("/")[-2]


def _references(write: Write) -> list[Doc] | None:
    given = write.merged.get("AttachableRef")
    if not given:
        return None
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise errors.unreadable_body("AttachableRef")
    kept = []
    for entry in given:
        target: Doc = {}
        named = entry.get("EntityRef")
        if isinstance(named, dict) and reference_id(named) is not None:
            kind, qbo_id = _target(write, str(named.get("type") or ""), str(named["value"]))
            target["EntityRef"] = {"value": qbo_id, "type": kind}
        if entry.get("LineInfo"):
            target["LineInfo"] = entry["LineInfo"]
        on_send = entry.get("IncludeOnSend", False)
        kept.append({**target, "IncludeOnSend": str(on_send).lower() == "true"})
    return kept


def _target(write: Write, kind: str, qbo_id: str) -> tuple[str, str]:
    """What an attachment hangs on: it must be there (6000)."""
    tables = write.company.tables
    name = next((known for known in tables if known.lower() == kind.lower()), None)
    if name is None:
        raise errors.invalid_enum("EntityRef.type", kind)
    if write.company.row(name, qbo_id) is None:
        raise errors.unlinkable_attachment(name, qbo_id)
    return name, qbo_id


def attachable(write: Write) -> Doc:
    """The properties of an attachment to store; the file itself comes and stays with the upload."""
    merged = write.merged
    before = write.before.data if write.before else {}
    if not merged.get("Note") and not merged.get("FileName"):
        raise errors.required("Note")
    category = merged.get("Category")
    if category and category not in CATEGORIES:
        raise errors.invalid_enum("Category", category)
    data: Doc = {
        "FileName": merged.get("FileName"),
        "ContentType": merged.get("ContentType") or before.get("ContentType"),
        "Note": merged.get("Note"),
        "Category": category,
        "AttachableRef": _references(write),
    }
    for name in ("PlaceName", "Lat", "Long", "Tag"):
        data[name] = merged.get(name)
    for name in ("FileAccessUri", "TempDownloadUri", "Size"):
        data[name] = before.get(name)
    return data


def forget_file(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    """With the attachment its file goes."""
    if after is None and before is not None and before.data.get("TempDownloadUri"):
        company.files.pop(file_key(before), None)


ATTACHMENT_KINDS = (
    EntityType(
        name="Attachable",
        newest_first=True,
        family=Family.LIST,
        order=words(
            "FileName FileAccessUri TempDownloadUri Size ContentType Category Lat Long PlaceName Note Tag "
            "ThumbnailFileAccessUri ThumbnailTempDownloadUri domain sparse Id SyncToken MetaData AttachableRef"
        ),
        known=("CustomField",),
        prepare=attachable,
        lengths={"FileName": 1000, "Note": 2000, "ContentType": 100, "Tag": 2000, "PlaceName": 2000},
        queryable={
            "Id": "id",
            "FileName": "text",
            "Note": "text",
            "Category": "text",
            "ContentType": "text",
            "Size": "number",
            "AttachableRef.EntityRef.type": "text",
            "AttachableRef.EntityRef.value": "id",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        label="FileName",
        operations=frozenset({"create", "read", "update", "query", "delete"}),
        token_to_delete=False,
        effect=forget_file,
    ),
)
