"""How far the first reading of a company is, in the words of its card."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quickbooks_bridge.models import Connection, SyncState

SOONEST_GUESS = timedelta(seconds=2)


@dataclass(frozen=True)
class ImportStep:
    """One list that is read. `state` is "done", "now" or "waiting"."""

    label: str
    state: str
    done: int
    total: int


@dataclass(frozen=True)
class ImportProgress:
    """The whole of it; `left` is how long still in words, "" when that cannot be told."""

    steps: tuple[ImportStep, ...]
    done: int
    total: int
    percent: int
    left: str
    is_interrupted: bool


def initial_import_progress(connection: Connection, *, now: datetime) -> ImportProgress | None:
    """Return the state of the initial import, None when all is read or nothing can be read."""
    if not connection.is_active or connection.company.sync.import_state == SyncState.Import.DONE:
        return None
    labels = {
        "items": _("Products"),
        "customers": _("Customers"),
        "invoices": _("Invoices"),
        "payments": _("Payments"),
        "credit_memos": _("Credit memos"),
    }
    known = connection.company.sync.import_progress or {}
    steps: list[ImportStep] = []
    is_now_taken = False
    for name, label in labels.items():
        done, total = (int(known.get(name, {}).get(key, 0)) for key in ("done", "total"))
        is_done = name in known and (is_now_taken is False) and done >= total
        state = "done" if is_done else "waiting" if is_now_taken else "now"
        is_now_taken = is_now_taken or state == "now"
        steps.append(ImportStep(label, state, min(done, total), total))
    done, total = sum(step.done for step in steps), sum(step.total for step in steps)
    return ImportProgress(
        steps=tuple(steps),
        done=done,
        total=total,
        percent=done * 100 // total if total else 0,
        left=""
        if connection.company.sync.consecutive_failures
        else _left(done, total, now - connection.connected_at),
        is_interrupted=bool(connection.company.sync.consecutive_failures),
    )


def _left(done: int, total: int, spent: timedelta) -> str:
    if not done or done >= total or spent < SOONEST_GUESS:
        return ""
    seconds = spent.total_seconds() * (total - done) / done
    if seconds < 10:
        return _("A few seconds left")
    if seconds < 60:
        return _("About %(n)s seconds left") % {"n": round(seconds / 10) * 10}
    minutes = round(seconds / 60)
    return ngettext("About %(n)s minute left", "About %(n)s minutes left", minutes) % {"n": minutes}
