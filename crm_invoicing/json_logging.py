"""One line of JSON per log record, joined by the ids of the request and the task it belongs to."""

import json
import logging
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

REFUSED = frozenset({403, 404})
request_id: ContextVar[str] = ContextVar("request_id", default="-")
task_id: ContextVar[str] = ContextVar("task_id", default="-")

_IDS = ("request_id", "task_id")
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", *_IDS}


class IdsFilter(logging.Filter):
    """Put the ids of the current request and task on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Accept every record."""
        record.request_id = request_id.get()
        record.task_id = task_id.get()
        return True


def _shown(value: object) -> object:
    """Return what a log line may hold: of a request its method and path, for its query may be a code or a name."""
    return f"{value.method} {value.path}" if isinstance(value, HttpRequest) else value


class JsonFormatter(logging.Formatter):
    """Write time, level, logger, message and whatever was passed as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object without line breaks."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name in _IDS if (value := getattr(record, name, "-")) != "-"})
        line.update({key: _shown(value) for key, value in record.__dict__.items() if key not in _PLAIN})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)

    def formatException(self, ei: Any) -> str:
        """Return where it happened and what was said; of a database only its kind of error, for it quotes what was written."""
        lines: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None:
            kind = type(error)
            is_quoting = kind.__module__.split(".")[0] in {"psycopg", "sqlite3"} or isinstance(
                error, DatabaseError
            )
            said = f"{kind.__module__}.{kind.__qualname__}" + ("" if is_quoting else f": {error}")
            lines = [*traceback.format_tb(error.__traceback__), f"{said}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()


def _refusal_note(request: HttpRequest, response: HttpResponse) -> None:
    """Log that somebody who is signed in was refused: by their rights (403), or a row that is not theirs or is none (404)."""
    place = getattr(request, "resolver_match", None)
    if response.status_code in REFUSED and place is not None:
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            logger.warning(
                "refused",
                extra={"user": user.pk, "view": place.view_name, "status": response.status_code},
            )


class RequestIdMiddleware:
    """Return each web request an id and answer it in X-Request-ID."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Keep the id for as long as the request runs."""
        token = request_id.set(uuid.uuid4().hex[:16])
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "no-store"
            _refusal_note(request, response)
            return response
        finally:
            request_id.reset(token)


def pass_on(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Send the request's id along with a task that it starts (Celery's before_task_publish)."""
    if headers is not None and request_id.get() != "-":
        headers.setdefault("web_request_id", request_id.get())


def begin_task(task: Any = None, **kwargs: Any) -> None:
    """Join what a task logs (Celery's task_prerun)."""
    task_id.set(str(task.request.id))
    request_id.set(str(task.request.get("web_request_id") or "-"))


def end_task(**kwargs: Any) -> None:
    """Let go of the task's ids: its thread runs others (Celery's task_postrun)."""
    task_id.set("-")
    request_id.set("-")
