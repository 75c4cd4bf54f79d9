"""The one answer to "who is asking": an account, a member and their role."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from .models import Account, Member
from .rights import Right, may

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Viewer:
    """Who is asking. Every query of a page starts from `account`."""

    account: Account
    member: Member
    # The one deal that a frame may reach, None for everybody who signed in.
    only_deal: int | None = None
    _attached: dict[type[Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def attached(self, kind: Callable[["Viewer"], T]) -> T:
        """Return the viewer's own `kind`, made once: so an app keeps what it read for the rest of the request."""
        key = cast("type[T]", kind)
        if key not in self._attached:
            self._attached[key] = kind(self)
        return cast("T", self._attached[key])

    def may(self, right: Right) -> bool:
        """Return whether the viewer has a right."""
        return may(self.member, right)

    @property
    def time_zone(self) -> str:
        """The name of the time zone that the CRM's own times are shown in; invoices keep their company's."""
        return self.member.time_zone or self.account.time_zone

    @property
    def is_admin(self) -> bool:
        """Whether the viewer may connect QuickBooks and change settings."""
        return self.member.is_admin


def is_embedded(request: HttpRequest) -> bool:
    """Return whether the request comes from a frame in another program (embed/middleware.py)."""
    return getattr(request, "embed", None) is not None


def member_of(request: HttpRequest) -> Member | None:
    """Return the member a signed-in user is; it came with the user (sign_in.MemberBackend)."""
    found: Member | None = getattr(request.user, "member", None)
    return found


def viewer(request: HttpRequest) -> Viewer:
    """Return the viewer behind a signed-in request; a user without membership is refused."""
    cached = getattr(request, "_viewer", None)
    if cached is None:
        member = member_of(request)
        if member is None:
            raise PermissionDenied
        frame = getattr(request, "embed", None)
        only_deal = frame.deal_id if frame is not None else None
        cached = Viewer(account=member.account, member=member, only_deal=only_deal)
        request._viewer = cached  # type: ignore[attr-defined]
    return cast(Viewer, cached)


def viewer_required(
    view: Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Turn `view(request, viewer, ...)` into a view that asks strangers to sign in first."""

    @wraps(view)
    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, viewer(request), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", login_required(inner))
