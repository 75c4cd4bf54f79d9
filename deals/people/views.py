"""Pages about people: who works here, with which rights, and how others join."""

import csv
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm_invoicing.csv_export import Echo, safe_cell
from deals.account.sessions import sessions_end
from deals.auth_backends import sign_in_complete
from deals.models import AccountEvent, Invitation, Member
from deals.selectors import page_of
from deals.trail import csv_rows, event_add, events_of, kinds
from deals.viewer import Viewer, viewer_required

from .forms import InviteForm, JoinForm, RightsForm
from .invitations import InvitationRefused, Invited, invitation_of, invite, join
from .members import ChangeRefused, member_remove, member_return, member_update, sharing_set


@viewer_required
def people(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show who works here; an admin invites others."""
    form = InviteForm(request.POST or None) if viewer.is_admin else None
    invited: Invited | None = None
    status = 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            try:
                invited = invite(viewer.member, now=timezone.now(), **form.cleaned_data)
                status, form = 200, InviteForm()
            except InvitationRefused as refused:
                form.add_error("email", refused.text)
    context = {
        "members": Member.objects.filter(account=viewer.account).select_related("user"),
        "invitations": Invitation.objects.filter(account=viewer.account, used_at__isnull=True),
        "now": timezone.now(),
        "form": form,
        "invited": invited,
        "link": f"{settings.PUBLIC_URL}{invited.path}" if invited else "",
        "viewer": viewer,
        "time_zone": viewer.time_zone,
    }
    answer = render(request, "people/people.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@viewer_required
def sharing(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Set who sees invoices at all."""
    try:
        sharing_set(viewer.member, is_shared=request.POST.get("shared") == "1")
        messages.success(request, _("Saved."))
    except ChangeRefused as refused:
        messages.error(request, refused.text)
    return redirect("people:list")


@require_POST
@viewer_required
def invitation_withdraw(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Take an invitation back; its link opens nothing any more."""
    row = get_object_or_404(Invitation, account=viewer.account, pk=pk, used_at__isnull=True)
    if viewer.is_admin:
        row.delete()
        event_add(viewer.account, "invitation.withdrawn", actor=viewer.member, what=row.email)
        messages.success(request, _("The invitation was taken back."))
    return redirect("people:list")


@viewer_required
def member_edit(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Show and change what a member may do."""
    member = get_object_or_404(
        Member.objects.select_related("user", "account"), account=viewer.account, pk=pk
    )
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("people:list")
    form = RightsForm(request.POST or None, instance=Member.objects.get(pk=member.pk))
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            member_update(viewer.member, member, values["version"], values, deals=values["deals"])
            messages.success(request, _("%(name)s has these rights from now on.") % {"name": member.name})
            return redirect("people:list")
        except ChangeRefused as refused:
            form.add_error(None, refused.text)
    context = {"form": form, "member": member, "viewer": viewer}
    return render(request, "people/member.html", context, status=status)


@require_POST
@viewer_required
def member_end(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Remove a member, or let one back in."""
    member = get_object_or_404(
        Member.objects.select_related("user", "account"), account=viewer.account, pk=pk
    )
    try:
        if not viewer.is_admin:
            raise ChangeRefused(_("Only an admin may do this."))
        if member.user.is_active:
            member_remove(viewer.member, member)
            text = _("%(name)s can no longer sign in. What they did stays.")
        else:
            member_return(viewer.member, member)
            text = _("%(name)s can sign in again, with the rights of before.")
        messages.success(request, text % {"name": member.name})
    except ChangeRefused as refused:
        messages.error(request, refused.text)
    return redirect("people:list")


@require_POST
@viewer_required
def member_sign_out(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """End every session of a member, who may sign in again."""
    member = get_object_or_404(Member.objects.select_related("user"), account=viewer.account, pk=pk)
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("people:list")
    sessions_end(member.user_id, keep=request.session.session_key or "")
    event_add(viewer.account, "signed.out", actor=viewer.member, what=member.name)
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": member.name})
    return redirect("people:edit", pk)


def join_page(request: HttpRequest, token: str) -> HttpResponse:
    """Let somebody in who was invited; whoever is signed in is asked to sign out first."""
    context: dict[str, Any] = {}
    try:
        row = invitation_of(token, now=timezone.now())
    except InvitationRefused as refused:
        return render(request, "people/join.html", {"refused": refused.text}, status=410)
    if request.user.is_authenticated:
        context = {"row": row, "is_signed_in": True}
        return render(request, "people/join.html", context, status=409)
    form = JoinForm(request.POST or None, initial={"name": row.name})
    oidc = {"oidc": settings.OIDC, "token": token}
    if settings.OIDC.is_only and row.role != Member.Role.OWNER:
        # A password would let nobody in later.
        return render(request, "people/join.html", {"row": row, **oidc})
    if request.method == "POST" and form.is_valid():
        try:
            member = join(row, now=timezone.now(), **form.cleaned_data)
        except InvitationRefused as refused:
            return render(request, "people/join.html", {"refused": refused.text}, status=410)
        messages.success(request, _("Welcome to %(company)s.") % {"company": row.account.name})
        return sign_in_complete(request, member.user, str(reverse("deals:deal_list")), by="password")
    status = 422 if request.method == "POST" else 200
    answer = render(request, "people/join.html", {"row": row, "form": form, **oidc}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@viewer_required
def trail(request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
    """Show who did what to the account; as CSV with `?format=csv`."""
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("people:list")
    asked = {"kind": request.GET.get("kind", ""), "actor": request.GET.get("actor", "")}
    rows = events_of(viewer.account, **asked)
    if request.GET.get("format") == "csv":
        return _csv(rows)
    number = request.GET.get("page", "")
    page = page_of(rows, int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1)
    words = kinds()
    context = {
        "page": page,
        "rows": [(row, words.get(row.kind, row.kind)) for row in page.rows],
        "kinds": words,
        "members": Member.objects.filter(account=viewer.account),
        "asked": asked,
        "time_zone": viewer.time_zone,
    }
    return render(request, "people/trail.html", context)


def _csv(rows: QuerySet[AccountEvent]) -> StreamingHttpResponse:
    writer = csv.writer(Echo())
    lines = (
        writer.writerow([safe_cell(cell) for cell in row]) for row in csv_rows(rows.iterator(chunk_size=2000))
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="trail.csv"'
    return answer
