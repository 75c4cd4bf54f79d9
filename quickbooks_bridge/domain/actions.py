"""What may be done with an invoice: the one list that menus, pages and checks use."""

from dataclasses import dataclass

from .status import Status


@dataclass(frozen=True)
class Action:
    """One entry of the "..." menu; `has_dialog` says that a question is asked first."""

    id: str
    has_dialog: bool = False
    is_destructive: bool = False


SEND = Action("send", has_dialog=True)
PDF = Action("pdf")
OPEN = Action("open")
UNLINK = Action("unlink")
VOID = Action("void", has_dialog=True, is_destructive=True)
DELETE = Action("delete", has_dialog=True, is_destructive=True)


def invoice_actions(
    status: Status,
    *,
    is_linked: bool = True,
    may_write: bool = True,
    may_void: bool = True,
    is_connected: bool = True,
) -> tuple[Action, ...]:
    """Return what state, rights and connection allow, neutral actions first.

    A voided invoice cannot be voided again, a deleted one can only be unlinked, and without a connection only what
    needs no call is left.
    """
    if status is Status.DELETED:
        allowed: tuple[Action, ...] = (UNLINK,)
    elif status is Status.VOIDED:
        allowed = (PDF, OPEN, UNLINK, DELETE)
    else:
        allowed = (SEND, PDF, OPEN, UNLINK, VOID, DELETE)
    if not is_connected:
        allowed = tuple(action for action in allowed if action in (OPEN, UNLINK))
    if not may_write:
        allowed = tuple(action for action in allowed if action in (PDF, OPEN, VOID, DELETE))
    if not may_void:
        allowed = tuple(action for action in allowed if action not in (VOID, DELETE))
    return tuple(action for action in allowed if is_linked or action is not UNLINK)
