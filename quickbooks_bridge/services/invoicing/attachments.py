"""Files that go with an invoice: kept with its form, uploaded once it exists, tried again until QuickBooks has them."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import F

from deals.models import Deal
from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.texts import visible
from quickbooks_bridge.gateway.errors import NotFound, QuickBooksError, Rejected
from quickbooks_bridge.models import Connection, Invoice, InvoiceAttachment
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record

logger = logging.getLogger(__name__)

State = InvoiceAttachment.State
LARGEST, MOST = 10 * 1024 * 1024, 10
# What QuickBooks shows and prints; by the end of the name, for a browser's word is anybody's.
MEDIA = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xml": "text/xml",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
UPLOAD_LEASE = timedelta(minutes=3)
LONGEST_WAIT = timedelta(hours=1)
# A form that nobody finished keeps its files as long as its draft is likely to be looked for.
FORGOTTEN_AFTER = timedelta(days=30)


def attachments_of_form(deal: Deal, token: str) -> list[InvoiceAttachment]:
    """Return the files that wait with a form, without their contents."""
    rows = InvoiceAttachment.objects.filter(deal=deal, token=token, invoice__isnull=True).order_by("pk")
    return list(rows.defer("content")) if token else []


def attachment_add(
    viewer: Viewer,
    deal: Deal,
    file: UploadedFile[Any],
    *,
    token: str = "",
    invoice: Invoice | None = None,
    is_sent: bool = True,
    now: datetime,
) -> str:
    """Keep a file for a form or an invoice; returns a problem code where it cannot be one, else ""."""
    name = " ".join(visible(PurePath(file.name or "").name).split())[:255]
    media = MEDIA.get(PurePath(name).suffix.casefold(), "")
    if not media:
        return ProblemCode.FILE_KIND
    if not file.size or file.size > LARGEST:
        return ProblemCode.FILE_EMPTY if not file.size else ProblemCode.FILE_TOO_LARGE
    mine = InvoiceAttachment.objects.filter(deal=deal)
    mine = mine.filter(invoice=invoice) if invoice is not None else mine.filter(token=token)
    if mine.count() >= MOST:
        return ProblemCode.FILES_TOO_MANY
    InvoiceAttachment.objects.create(
        account=viewer.account,
        deal=deal,
        member=viewer.member,
        invoice=invoice,
        token=token if invoice is None else "",
        name=name,
        media=media,
        size=file.size,
        content=file.read(),
        is_sent=is_sent,
        request_id=uuid.uuid4().hex,
        next_try_at=now if invoice is not None else None,
        added_at=now,
    )
    return ""


def attachment_remove(deal: Deal, token: str, pk: int) -> None:
    """Take a file off a form that was not sent yet."""
    InvoiceAttachment.objects.filter(deal=deal, token=token, invoice__isnull=True, pk=pk).delete()


def attachments_bind(deal: Deal, token: str, invoice: Invoice, *, now: datetime) -> None:
    """Hand the files of a form to the invoice that it became; from now on they are due."""
    InvoiceAttachment.objects.filter(deal=deal, token=token, invoice__isnull=True).exclude(token="").update(
        invoice=invoice, next_try_at=now
    )


def attachments_send(*, now: datetime, invoice: Invoice | None = None) -> int:
    """Upload what is due; returns how many files QuickBooks has taken.

    Whoever moves a file's next try on works on it. One whose answer was lost is looked for by its name first.
    """
    due = InvoiceAttachment.objects.filter(next_try_at__lte=now, state=State.WAITING, invoice__isnull=False)
    if invoice is not None:
        due = due.filter(invoice=invoice)
    count = 0
    for row in due.select_related("invoice__company").order_by("next_try_at")[:20]:
        mine = InvoiceAttachment.objects.filter(pk=row.pk, next_try_at=row.next_try_at)
        if mine.update(next_try_at=now + UPLOAD_LEASE, attempts=F("attempts") + 1):
            count += _send(row, now=now)
    return count


def _send(row: InvoiceAttachment, *, now: datetime) -> int:
    invoice = row.invoice
    assert invoice is not None
    connection = Connection.objects.filter(
        company=invoice.company_id, status=Connection.Status.ACTIVE
    ).first()
    if connection is None:
        # It waits until the company is connected again.
        InvoiceAttachment.objects.filter(pk=row.pk).update(next_try_at=now + LONGEST_WAIT)
        return 0
    client = client_for(connection, interactive=False)
    try:
        found = client.attachment_ids(invoice.qbo_id, row.name) if row.attempts else []
        qbo_id = (
            found[0]
            if found
            else client.attachment_upload(
                invoice.qbo_id,
                name=row.name,
                media=row.media,
                data=bytes(row.content),
                is_sent=row.is_sent,
                request_id=row.request_id,
            )
        )
    except QuickBooksError as error:
        _put_off(row, connection, error, now=now)
        return 0
    InvoiceAttachment.objects.filter(pk=row.pk).update(
        state=State.DONE, qbo_id=qbo_id, content=b"", next_try_at=None, problem=""
    )
    return 1


def _put_off(
    row: InvoiceAttachment, connection: Connection, error: QuickBooksError, *, now: datetime
) -> None:
    """Keep why it was not taken: for good where QuickBooks refuses it, else until the next try."""
    failure_record(connection, error, now=now)
    logger.warning(
        "attachment not uploaded",
        extra={"attachment": row.pk, "code": error.code, "intuit_tid": error.intuit_tid},
    )
    mine = InvoiceAttachment.objects.filter(pk=row.pk)
    if isinstance(error, Rejected | NotFound):
        mine.update(state=State.FAILED, next_try_at=None, problem=str(error.problem_code)[:40])
        return
    wait = min(timedelta(seconds=10) * 2 ** min(row.attempts, 9), LONGEST_WAIT)
    mine.update(next_try_at=now + wait, problem=str(error.problem_code)[:40])


def attachments_cleanup(*, now: datetime) -> None:
    """Drop the files of forms that were never sent."""
    InvoiceAttachment.objects.filter(invoice__isnull=True, added_at__lt=now - FORGOTTEN_AFTER).delete()
