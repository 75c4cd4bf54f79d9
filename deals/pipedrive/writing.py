"""What is written into Pipedrive: notes and field values, each once, also when an answer was lost."""

import logging
from datetime import datetime, timedelta
from html import escape

from django.db.models import Q

from deals.models import CrmWrite, PipedriveCompany

from .client import PipedriveClient
from .errors import Limited, PipedriveError, SignInNeeded, Unreachable, Unreadable
from .installs import SOURCE
from .source import FIELDS
from .tokens import client_for

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 8
# The waiting time doubles with each attempt.
FIRST_WAIT = timedelta(seconds=30)
A_ROUND = 50
NOTE_COST, NOTES_COST, FIELDS_COST = 10, 20, 5


def writes_send(*, now: datetime) -> int:
    """Send what is due; returns how many arrived. What may have arrived already is looked for before it is sent again."""
    due = CrmWrite.objects.filter(due_at__lte=now, deal__external_source=SOURCE).filter(
        Q(state=CrmWrite.State.DUE) | Q(state=CrmWrite.State.SENDING, lease_until__lt=now)
    )
    clients: dict[int, PipedriveClient | None] = {}
    sent = 0
    for write in due.select_related("deal").order_by("due_at", "pk")[:A_ROUND]:
        account = write.deal.account_id
        if account not in clients:
            clients[account] = _client(account)
        client = clients[account]
        if client is None:
            _postpone(write, "sign_in", now)
        elif _take(write, now):
            sent += _send(client, write, now)
    return sent


def _client(account: int) -> PipedriveClient | None:
    company = PipedriveCompany.objects.filter(account=account, removed_at__isnull=True).first()
    try:
        return client_for(company) if company else None
    except SignInNeeded:
        return None


def _take(write: CrmWrite, now: datetime) -> bool:
    """Say before the call that it is on its way, so that a crash leaves a trace; False if another process was faster."""
    mine = CrmWrite.objects.filter(pk=write.pk, state=write.state, body=write.body)
    if write.lease_until is not None:
        mine = mine.filter(lease_until=write.lease_until)
    return bool(mine.update(state=CrmWrite.State.SENDING, lease_until=now + LEASE))


def _send(client: PipedriveClient, write: CrmWrite, now: datetime) -> int:
    try:
        if write.key == FIELDS:
            body = {"custom_fields": write.body}
            client.send("PATCH", f"/api/v2/deals/{write.deal.external_id}", body, cost=FIELDS_COST)
        else:
            _note_send(client, write)
    except Limited as limited:
        # Nothing was sent; this counts as no attempt.
        CrmWrite.objects.filter(pk=write.pk, body=write.body).update(
            state=_unsent(write), due_at=limited.until, problem=limited.code
        )
        return 0
    except (Unreachable, Unreadable) as error:
        # It may have arrived: the row stays SENDING, so that the next attempt asks first.
        _postpone(write, error.code, now, state=CrmWrite.State.SENDING)
        return 0
    except SignInNeeded as error:
        _postpone(write, error.code, now)
        return 0
    except PipedriveError as error:
        CrmWrite.objects.filter(pk=write.pk).update(state=CrmWrite.State.FAILED, problem=error.code)
        log.warning("pipedrive write refused", extra={"write": write.pk, "code": error.code})
        return 0
    done = {"state": CrmWrite.State.DONE, "sent_body": write.body, "problem": "", "lease_until": None}
    if not CrmWrite.objects.filter(pk=write.pk, body=write.body).update(**done):
        # Another value was decided on meanwhile; it is due already.
        CrmWrite.objects.filter(pk=write.pk).update(sent_body=write.body)
    return 1


def _unsent(write: CrmWrite) -> str:
    return CrmWrite.State.SENDING if write.state == CrmWrite.State.SENDING else CrmWrite.State.DUE


def _postpone(write: CrmWrite, code: str, now: datetime, state: str | None = None) -> None:
    attempts = write.attempts + 1
    is_over = attempts >= MOST_ATTEMPTS
    due = now + FIRST_WAIT * 2 ** min(attempts - 1, 10)
    CrmWrite.objects.filter(pk=write.pk, body=write.body).update(
        state=CrmWrite.State.FAILED if is_over else (state or CrmWrite.State.DUE),
        attempts=attempts,
        due_at=due,
        lease_until=now if state else None,
        problem=code,
    )


def note_html(text: str) -> str:
    """Return a note as Pipedrive shows it: plain text, its line breaks kept."""
    return escape(text).replace("\n", "<br>")


def _note_send(client: PipedriveClient, write: CrmWrite) -> None:
    content = note_html(write.body["text"])
    # Nobody knows whether a note arrived whose answer was lost: only Pipedrive does.
    if write.state == CrmWrite.State.SENDING and _is_there(client, write, content):
        return
    body = {"content": content, "deal_id": int(write.deal.external_id)}
    client.send("POST", "/api/v1/notes", body, cost=NOTE_COST)


def _is_there(client: PipedriveClient, write: CrmWrite, content: str) -> bool:
    found = client.old_rows("/api/v1/notes", cost=NOTES_COST, deal_id=write.deal.external_id)
    wanted = _plain(content)
    return any(_plain(str(row.get("content") or "")) == wanted for row in found)


def _plain(content: str) -> str:
    """Return a note for comparing: sanitising may write line breaks and quotes another way."""
    for before, after in (
        ("<br/>", "<br>"),
        ("<br />", "<br>"),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&quot;", '"'),
    ):
        content = content.replace(before, after)
    return " ".join(content.replace("<br>", " ").split())
