"""Organizations, people and products: one list and one form for each, built alike."""

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
from deals.models import Organization, Person, Product
from deals.viewer import Viewer, viewer_required

from .deals import page_number


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


@viewer_required
def named_list(request: HttpRequest, viewer: Viewer, kind: str) -> HttpResponse:
    """List rows of one kind with search."""
    what = KINDS[kind]
    query = selectors.search_words(request.GET.get("q", ""))
    page = selectors.page_of(selectors.named(what.model, viewer.account, query), page_number(request))
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
