"""The answer for machines that ask whether this installation lives."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.http import require_safe

from quickbooks_bridge.services.operations.heartbeat import STALE_AFTER, broker_state, schedule_last_ran

PATH = "/healthz"


class HealthMiddleware:
    """Answers /healthz before anything looks at the host that was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer it, pass on all else."""
        return healthz(request) if request.path == PATH else self.get_response(request)


@xframe_options_deny
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Tell database, broker and schedule apart; 503 when the database does not answer, for then nothing works.

    A missing broker or worker leaves pages working, and starting the web process again would not help: 200.
    """
    now = timezone.now()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        last = schedule_last_ran()
    except Error:
        return JsonResponse({"status": "down", "database": "down"}, status=503)
    broker, schedule = broker_state(settings.REDIS_URL), _schedule(last, now)
    is_well = broker != "down" and schedule["state"] == "ok"
    return JsonResponse(
        {
            "status": "ok" if is_well else "degraded",
            "database": "ok",
            "broker": broker,
            "schedule": schedule,
        }
    )


def _schedule(last: datetime | None, now: datetime) -> dict[str, object]:
    if last is None:
        return {"state": "never ran"}
    return {
        "state": "ok" if now - last < STALE_AFTER else "late",
        "seconds_ago": round((now - last).total_seconds()),
    }
