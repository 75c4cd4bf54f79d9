"""What a refused cross-site check shows: the form with everything typed when our own page sent it."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.csrf import csrf_failure as plain_csrf_failure

from .invoice_form import reopened
from .login_recovery import carrying_sign_in


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Return a form of ours that was open for too long back to its writer; everything else is refused plainly."""
    deal_pk = _form_of_ours(request)
    if deal_pk is None:
        return plain_csrf_failure(request, reason=reason)
    if not request.user.is_authenticated:
        return carrying_sign_in(request, deal_pk)
    return reopened(request, deal_pk)


def _form_of_ours(request: HttpRequest) -> int | None:
    """Return the deal of a form that our own page posted, None for anything another site may have sent."""
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    is_ours = bool(sender) and urlsplit(sender)[:2] == (request.scheme, request.get_host())
    if request.method != "POST" or match.view_name != "quickbooks:invoice_new" or not is_ours:
        return None
    return int(match.kwargs["deal_pk"])
