"""The lists: deals; organizations, people and products, which are built alike and have one form each."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals import selectors
from deals.forms import AccountForm, OrganizationForm, PersonForm, ProductForm
from deals.list_extensions import deal_buttons, deal_columns, deal_filters, deal_tabs
from deals.models import Deal, Member, Organization, Person, Product, Stage
from deals.viewer import Viewer, viewer_required


@dataclass(frozen=True)
class Kind:
    """What differs between the three."""

    key: str
    model: type[Any]
    form: type[AccountForm]
    title: Promise | str
    new: Promise | str
    edit: Promise | str


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "organization",
            Organization,
            OrganizationForm,
            gettext_lazy("Organizations"),
            gettext_lazy("New organization"),
            gettext_lazy("Edit organization"),
        ),
        Kind(
            "person",
            Person,
            PersonForm,
            gettext_lazy("People"),
            gettext_lazy("New person"),
            gettext_lazy("Edit person"),
        ),
        Kind(
            "product",
            Product,
            ProductForm,
            gettext_lazy("Products"),
            gettext_lazy("New product"),
            gettext_lazy("Edit product"),
        ),
    )
}


def page_number(request: HttpRequest) -> int:
    """Return the asked page, 1 for anything that is no number."""
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


@viewer_required
def deal_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """List deals with search, filters and what other apps have to say about each."""
    query = selectors.search_words(request.GET.get("q", ""))
    filters = {name: request.GET.get(name, "") for name in ("stage", "status", "owner", "sort")}
    rows = selectors.deals_of(viewer, query=query, filters=filters)
    others = []
    for other in deal_filters(viewer):
        value = request.GET.get(other.key, "")
        value = value if value in dict(other.choices) else ""
        rows = other.apply(viewer, rows, value) if value else rows
        others.append((other, value))
    page = selectors.page_of(rows, page_number(request))
    columns = deal_columns(viewer)
    cells = [(column, column.cells(viewer, page.rows)) for column in columns]
    context = {
        "page": page,
        "rows": [
            (
                deal,
                [
                    pair
                    for column, found in cells
                    for pair in zip(column.heads, found.get(deal.pk, ()), strict=False)
                ],
            )
            for deal in page.rows
        ],
        "heads": [head for column in columns for head in column.heads],
        "buttons": deal_buttons(request, viewer),
        "tabs": _tabs(request, viewer),
        "sums": selectors.deal_sums(rows, page),
        "query": query,
        "search_query": query,
        "filters": filters,
        "other_filters": others,
        "is_filtered": bool(query)
        or any(filters[name] for name in ("stage", "status", "owner"))
        or any(value for _other, value in others),
        "stages": Stage.objects.filter(account=viewer.account),
        "members": Member.objects.filter(account=viewer.account),
        "statuses": Deal.Status.choices,
    }
    return render(request, "deals/deal_list.html", context)


def _tabs(request: HttpRequest, viewer: Viewer) -> list[dict[str, Any]]:
    """Return the saved filters as links; the one that the address is, is the current one."""
    found = deal_tabs(viewer, selectors.deals_of(viewer))
    saved = {tab.filter for tab, _count in found}
    asked = {name: value for name, value in request.GET.items() if name in saved and value}
    return [
        {
            "label": tab.label,
            "count": count,
            "query": f"?{tab.filter}={tab.value}",
            "is_current": asked == {tab.filter: tab.value},
        }
        for tab, count in found
    ]


@viewer_required
def named_list(request: HttpRequest, viewer: Viewer, kind: str) -> HttpResponse:
    """List rows of one kind with search."""
    what = KINDS[kind]
    query = selectors.search_words(request.GET.get("q", ""))
    page = selectors.page_of(selectors.list_by_name(what.model, viewer.account, query), page_number(request))
    context = {
        "page": page,
        "query": query,
        "kind": what,
        "new_url": reverse(f"deals:{kind}_new"),
        "rows": [(row, reverse(f"deals:{kind}_edit", args=[row.pk])) for row in page.rows],
    }
    return render(request, "deals/named_list.html", context)


@viewer_required
def named_edit(request: HttpRequest, viewer: Viewer, kind: str, pk: int | None = None) -> HttpResponse:
    """Add or edit a row of one kind."""
    what = KINDS[kind]
    row = (
        get_object_or_404(what.model, account=viewer.account, pk=pk)
        if pk
        else what.model(account=viewer.account)
    )
    form = what.form(request.POST or None, instance=row, account=viewer.account)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
        return redirect(f"deals:{kind}_list")
    context = {"form": form, "title": what.edit if pk else what.new, "back": reverse(f"deals:{kind}_list")}
    return render(request, "deals/edit.html", context, status=422 if request.method == "POST" else 200)
