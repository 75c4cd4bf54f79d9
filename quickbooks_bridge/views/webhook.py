"""The address QuickBooks announces changes to: checked, stored, answered; nothing else."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from quickbooks_bridge.domain.webhooks import parse_announcements, signature_is_valid
from quickbooks_bridge.services.webhooks import announcements_store
from quickbooks_bridge.tasks import wake

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Answer 200 for what is genuine, 401 for what is not; the body is never believed beyond "look again"."""
    body = request.body
    signature = request.headers.get("intuit-signature", "")
    if not signature_is_valid(body, signature, verifier_token=settings.QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN):
        logger.warning("announcement refused", extra={"bytes": len(body)})
        return HttpResponse(status=401)
    try:
        changes = parse_announcements(body)
    except ValueError:
        logger.warning("announcement not understood", extra={"bytes": len(body)})
        return HttpResponse(status=400)
    for pk, seconds in announcements_store(changes, now=timezone.now()).items():
        wake("sync_connection", pk, seconds=seconds)
    return HttpResponse(status=200)
