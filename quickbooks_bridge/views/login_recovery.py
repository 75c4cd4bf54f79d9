"""What was typed outlives the session: signing in, or looking it over, and then sending it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie

from deals.auth_backends import SignInView
from deals.viewer import viewer
from quickbooks_bridge.invoice_form.form_state import state_from_json, state_from_post
from quickbooks_bridge.selectors.connections import last_connection_for, may_see_invoices
from quickbooks_bridge.services.invoicing.saved_drafts import draft_save

from .permissions import deal_or_404

SALT = "quickbooks.kept-form"


def keeps_form_when_signed_out(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Turn a view of the form into one that shows a signed-out post the sign-in page carrying what was typed."""

    @wraps(view)
    def inner(request: HttpRequest, deal_pk: int) -> HttpResponseBase:
        is_page = request.headers.get("X-Requested-With") != "fetch"
        if request.method == "POST" and is_page and not request.user.is_authenticated:
            return carrying_sign_in(request, deal_pk)
        return view(request, deal_pk=deal_pk)

    return inner


def carrying_sign_in(request: HttpRequest, deal_pk: int) -> HttpResponseBase:
    """Show the sign-in page; one hidden field carries the posted form, signed so that only our own page fills it."""
    posted = state_from_post(request.POST).as_json()
    request.method = "GET"  # the page is shown, not posted to
    kept = signing.dumps(posted, salt=SALT, compress=True)
    return FormSignIn.as_view(extra_context={"kept": kept})(request, deal_pk=deal_pk)


@method_decorator(ensure_csrf_cookie, name="dispatch")
class FormSignIn(SignInView):
    """Sign in and get the form back as it was typed."""

    template_name = "quickbooks/login_recovery.html"
    redirect_authenticated_user = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Carry the form along, also past a wrong password."""
        context = super().get_context_data(**kwargs)
        context["action"] = reverse("quickbooks:sign_in_again", args=[self.kwargs["deal_pk"]])
        if self.request.method == "POST":
            context["kept"] = str(self.request.POST.get("kept", ""))
        return context

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, keep the form as this person's draft, and lead back to it; a second factor is asked for first."""
        answer = super().form_valid(form)
        if not self.request.user.is_authenticated:
            return answer
        self._keep()
        return redirect("quickbooks:invoice_new", self.kwargs["deal_pk"])

    def get_success_url(self) -> str:
        """Return the address of the form."""
        return reverse("quickbooks:invoice_new", args=[self.kwargs["deal_pk"]])

    def _keep(self) -> None:
        """Keep what the page carried; a person who may not see the deal gets nothing kept."""
        try:
            data = signing.loads(str(self.request.POST.get("kept", "")), salt=SALT)
            who = viewer(self.request)
            deal = deal_or_404(who, self.kwargs["deal_pk"])
        except (signing.BadSignature, Http404, PermissionDenied):
            return
        connection = last_connection_for(who.account)
        if connection is None or not may_see_invoices(who, connection):
            return
        state = {**state_from_json(data).as_json(), "why": "signed_out"}
        draft_save(who, deal, connection, state, now=timezone.now())
