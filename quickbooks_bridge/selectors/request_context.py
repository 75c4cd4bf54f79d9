"""What one request has read of an account's QuickBooks side, so that its parts do not read it again."""

from functools import cached_property

from django.http import Http404

from deals.models import Deal
from deals.selectors import deal_for
from deals.viewer import Viewer
from quickbooks_bridge.models import Connection

from .connections import last_connection_for, may_see_invoices


class RequestContext:
    """The viewer's connection and deals, read when first wanted; it lives as long as the viewer, which is a request."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._deals: dict[int, Deal] = {}

    @staticmethod
    def of(viewer: Viewer) -> "RequestContext":
        """Return the viewer's own one."""
        return viewer.attached(RequestContext)

    @cached_property
    def connection(self) -> Connection | None:
        """The account's connection, or else the one disconnected last."""
        found = last_connection_for(self.viewer.account)
        if found is not None:
            found.account = self.viewer.account
        return found

    @property
    def may_see_invoices(self) -> bool:
        """Whether the viewer sees invoices."""
        return may_see_invoices(self.viewer, self.connection)

    def deal(self, pk: int) -> Deal:
        """Return a deal of the viewer's account, or raise Http404; a frame has its own deal alone."""
        if self.viewer.only_deal not in {None, pk}:
            raise Http404
        if pk not in self._deals:
            self._deals[pk] = deal_for(self.viewer, pk)
        return self._deals[pk]
