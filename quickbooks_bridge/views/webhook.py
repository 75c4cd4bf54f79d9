"""The address QuickBooks sends webhooks to: checked, stored, answered; nothing else."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from quickbooks_bridge.domain.webhooks import parse_webhook, signature_is_valid
from quickbooks_bridge.services.sync.webhook_inbox import unread_events_count, webhook_events_record
from quickbooks_bridge.tasks.enqueue import enqueue

logger = logging.getLogger(__name__)


class WebhookMiddleware:
    """Answers webhook events before anything that only people's requests need: sessions, languages, content policy.

    Hundreds may come in a second, and what they say is proven by their signature alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response, self.path = get_response, ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take what is for the webhook, pass on all else."""
        self.path = self.path or reverse("quickbooks:webhook")
        if request.method != "POST" or request.path != self.path:
            return self.get_response(request)
        answer = webhook(request)
        # Without it a server ends the connection, or speaks of pieces, for no body at all.
        answer["Content-Length"] = str(len(answer.content))
        return answer


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 for what is genuine, 401 for what is not; the body is never believed beyond "look again".

    What of a genuine webhook cannot be read is counted: anything else than 200 would make QuickBooks repeat it for days
    and hold back later events, for every company of the app.
    """
    body = request.body
    signature = request.headers.get("intuit-signature", "")
    if not signature_is_valid(body, signature, verifier_token=settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN):
        logger.warning("webhook refused", extra={"bytes": len(body)})
        return HttpResponse(status=401)
    content, now = parse_webhook(body), timezone.now()
    if content.unread:
        logger.warning("webhook events passed over", extra={"count": content.unread.total()})
        unread_events_count(content.unread, now=now)
    for seconds in set(webhook_events_record(content.changes, now=now).values()):
        enqueue("sync.sync_due", seconds=seconds)
    return HttpResponse(status=200)
