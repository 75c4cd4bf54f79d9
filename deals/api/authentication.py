"""Who calls the REST API: a token, the member who made it, and what it may do."""

from datetime import timedelta
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from deals.models import ApiToken, Member
from deals.viewer import Viewer

USED_EVERY = timedelta(minutes=1)


class ApiTokenAuthentication(TokenAuthentication):  # type: ignore[misc]
    """Knox's tokens, of members alone; when a token was used last is kept to the minute."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, ApiToken]:
        """Return the user and the token; a user without membership has no account to reach."""
        if not token.isascii():
            raise AuthenticationFailed(_("This is no token."))
        user, found = super().authenticate_credentials(token)
        if not Member.objects.filter(user=user).exists():
            raise AuthenticationFailed(_("This token belongs to nobody in an account."))
        now = timezone.now()
        if found.last_used_at is None or now - found.last_used_at > USED_EVERY:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        return user, cast(ApiToken, found)


def viewer_of(request: Request) -> Viewer:
    """Return who calls, as the pages know them."""
    member = Member.objects.select_related("account").get(user=request.user.pk)
    return Viewer(account=member.account, member=member)


class TokenThrottle(SimpleRateThrottle):
    """Each token has its own pace; beyond it the answer is 429 with Retry-After."""

    scope = "api"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return what is counted; a request without a token is refused before."""
        return f"api:{request.auth.pk}" if isinstance(request.auth, ApiToken) else None


class MayRead(BasePermission):
    """Every token may read."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request came with a token."""
        return isinstance(request.auth, ApiToken)


class MayPush(MayRead):
    """Reading for all, writing for tokens that may write deals."""

    message = _("This token may only read. Make one that may write deals.")

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the token may do this."""
        if not super().has_permission(request, view):
            return False
        return request.method in {"GET", "HEAD", "OPTIONS"} or cast(ApiToken, request.auth).may_push


class MayInvoice(MayRead):
    """Reading for all, creating and changing invoices for tokens that may."""

    message = _("This token may not create or change invoices. Make one that may.")

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the token may do this."""
        if not super().has_permission(request, view):
            return False
        return request.method in {"GET", "HEAD", "OPTIONS"} or cast(ApiToken, request.auth).may_invoice
