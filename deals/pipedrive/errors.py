"""What can go wrong with Pipedrive, each with what is to be done about it."""

from datetime import datetime


class PipedriveError(Exception):
    """A call gave no answer that can be used. `code` names it for pages and logs; nothing of the answer is kept."""

    code = "unreachable"


class Unreachable(PipedriveError):
    """No answer in time, or a failure on their side. Asking again later is right."""


class Unreadable(PipedriveError):
    """An answer that is no JSON, or not the JSON that was asked for."""

    code = "unreadable"


class Limited(PipedriveError):
    """Too many requests; not before `until` again."""

    code = "limited"

    def __init__(self, until: datetime) -> None:
        super().__init__("limited")
        self.until = until


class SignInNeeded(PipedriveError):
    """The person's permission is gone: they, or an admin, have to install the app again."""

    code = "sign_in"


class Forbidden(PipedriveError):
    """The permission does not go so far."""

    code = "forbidden"


class RowNotFound(PipedriveError):
    """There is no such row, or the person may not see it: Pipedrive answers both alike."""

    code = "not_found"


class RequestRefused(PipedriveError):
    """The request itself was not accepted."""

    code = "refused"
