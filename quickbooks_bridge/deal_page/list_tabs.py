"""Saved filters of the deals list: which deals are invoiced, in part, paid or late, and how many there are of each."""

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deals.list_extensions import DealListTab, DealListTabs, register_tabs
from deals.models import Account, Deal
from deals.viewer import Viewer
from quickbooks_bridge.models import Invoice
from quickbooks_bridge.selectors.connections import company_today
from quickbooks_bridge.selectors.request_context import RequestContext

# More than these need no number: counting all of a long list would cost more than showing it.
COUNTED = 99
# SQLite adds up floats: what is less than half a cent short is no part.
_HALF_CENT = Decimal("0.005")
TABS = (
    DealListTab(_("Not invoiced"), "invoices", "none"),
    DealListTab(_("Partly invoiced"), "invoices", "part"),
    DealListTab(_("Overdue"), "invoices", "overdue"),
    DealListTab(_("Unpaid"), "invoices", "unpaid"),
    DealListTab(_("Cannot be invoiced"), "readiness", "blocked"),
)


class CappedCount(Subquery):
    """How many rows a query has, as one value of another one; the query's own limit is the most it says."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


def register_list_tabs(may_see: Callable[[Viewer], bool]) -> None:
    """Add the saved filters for people who see invoices."""
    register_tabs(DealListTabs("invoices", TABS, may_see, tab_counts))


def narrowed(viewer: Viewer, deals: QuerySet[Deal], value: str) -> QuerySet[Deal]:
    """Return the deals with invoices, without, billed in part, with something unpaid, or with something late."""
    own = Invoice.objects.filter(deal=OuterRef("pk"), is_deleted=False)
    live = own.filter(is_voided=False)
    if value == "some":
        return deals.filter(Exists(own))
    if value == "none":
        return deals.filter(~Exists(live))
    if value == "part":
        return _billed_in_part(deals, live)
    owed = live.filter(balance__gt=0)
    connection = RequestContext.of(viewer).connection
    if value == "overdue" and connection is not None:
        owed = owed.filter(due_date__lt=company_today(connection, now=timezone.now()))
    return deals.filter(Exists(owed))


def _billed_in_part(deals: QuerySet[Deal], live: QuerySet[Invoice]) -> QuerySet[Deal]:
    """Return the deals of whose value before tax something is billed and something is left."""
    in_deal_currency = Case(
        When(currency=OuterRef("currency"), then=F("total") - F("total_tax")), default=F("deal_net")
    )
    net = live.order_by().values("deal").annotate(net=Sum(in_deal_currency)).values("net")
    return deals.alias(billed_net=Subquery(net)).filter(
        billed_net__gt=0, billed_net__lt=F("value") - _HALF_CENT
    )


def tab_counts(viewer: Viewer, deals: QuerySet[Deal]) -> list[str]:
    """Return how many of the deals each tab has, "99+" beyond that: one statement."""
    found = {
        f"tab_{at}": CappedCount(
            (
                narrowed(viewer, deals, tab.value)
                if tab.filter == "invoices"
                else deals.filter(readiness__is_ready=False)
            )
            .select_related(None)
            .order_by()
            .values("pk")[: COUNTED + 1]
        )
        for at, tab in enumerate(TABS)
    }
    row = Account.objects.filter(pk=viewer.account.pk).values_list(*found.values()).get()
    return [f"{COUNTED}+" if count > COUNTED else str(count) for count in row]
