"""Pages of personal data: who is meant, what is held and what an erasure removes, how far one is, its receipt.

What is searched for is posted: a name in an address would stay in histories and logs.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from deals.account.confirm import confirm_address, is_confirmed
from deals.models import Erasure
from deals.trail import event_add
from deals.viewer import Viewer, viewer_required

from . import engine, runs
from .export import everything_held
from .forms import ConfirmForm
from .registry import declarations, elsewhere, obstacles
from .subject import Found, Subject, SubjectRefused, people_found, require_erasable, subject_of

P = ParamSpec("P")


def _admins_alone(
    view: Callable[Concatenate[HttpRequest, Viewer, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase]:
    """Turn a view into one that leads everybody but admins back to the team, and is kept by no browser."""

    @wraps(view)
    def inner(request: HttpRequest, viewer: Viewer, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not viewer.is_admin:
            messages.error(request, _("Only an admin may do this."))
            return redirect("people:list")
        answer = view(request, viewer, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    return inner


@sensitive_post_parameters()
@viewer_required
@_admins_alone
def erase(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Find a person, show what is held, hand it out, or erase it."""
    do = request.POST.get("do", "")
    if do in {"preview", "export", "erase"}:
        try:
            subject = subject_of(
                viewer.account, request.POST.getlist("who")[:100], also=request.POST.get("also", "")
            )
            answers = {"preview": _preview, "export": _export, "erase": _erase}
            return answers[do](request, viewer, subject)
        except SubjectRefused as refused:
            return _search(request, viewer, refused=refused.text)
    return _search(request, viewer)


def _search(request: HttpRequest, viewer: Viewer, *, refused: str = "") -> HttpResponse:
    words = request.POST.get("words", "").strip()[:200]
    found: list[Found] = people_found(viewer.account, words)
    context = {
        "words": words,
        "found": found,
        "chosen": set(request.POST.getlist("who")),
        "also": request.POST.get("also", "")[:2000],
        "refused": refused,
        "is_asked": bool(words),
        "erasures": Erasure.objects.filter(account=viewer.account)[:50],
        "time_zone": viewer.time_zone,
    }
    return render(request, "people/erase.html", context, status=422 if refused else 200)


def _preview(
    request: HttpRequest, viewer: Viewer, subject: Subject, *, form: ConfirmForm | None = None
) -> HttpResponse:
    refused = ""
    try:
        require_erasable(viewer.member, subject)
    except SubjectRefused as error:
        refused = error.text
    refused = refused or next(iter(obstacles(subject)), "")
    found = engine.counts(subject)
    seen = {count.declaration.name for count in found}
    context = {
        "subject": subject,
        "who": request.POST.getlist("who"),
        "also": request.POST.get("also", "")[:2000],
        "words": request.POST.get("words", "")[:200],
        "lines": [(count.declaration, count.rows) for count in found],
        "rows": sum(count.rows for count in found),
        "untouched": [one for one in declarations() if one.name not in seen],
        "elsewhere": elsewhere(subject),
        "refused": refused,
        "form": form or ConfirmForm(viewer.member.user),
    }
    return render(request, "people/erase_preview.html", context, status=422 if form else 200)


def _export(request: HttpRequest, viewer: Viewer, subject: Subject) -> HttpResponse:
    now = timezone.now()
    body = everything_held(subject, now=now)
    event_add(viewer.account, "handed.out", actor=viewer.member, what=_keys(subject), at=now)
    answer = JsonResponse(
        body, encoder=DjangoJSONEncoder, json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    return answer


def _keys(subject: Subject) -> str:
    """Return whose rows they were without a name, for the trail outlives an erasure."""
    kinds = (
        ("member", subject.members),
        ("contact", subject.persons),
        ("organization", subject.organizations),
    )
    return ", ".join(f"{kind} {pk}" for kind, keys in kinds for pk in keys)


def _erase(request: HttpRequest, viewer: Viewer, subject: Subject) -> HttpResponse:
    form = ConfirmForm(viewer.member.user, request.POST)
    if "password" not in form.fields and not is_confirmed(request, now=timezone.now()):
        return redirect(confirm_address(request.path))
    if not form.is_valid() or not form.is_them(request):
        return _preview(request, viewer, subject, form=form)
    now = timezone.now()
    row = runs.erasure_begin(viewer.member, subject, now=now)
    runs.erasure_continue(row.pk, now=now, chunks=runs.IN_REQUEST)
    return redirect("erasure:one", row.pk)


def _row(viewer: Viewer, pk: int) -> Erasure:
    return get_object_or_404(Erasure.objects.select_related("asked_by"), account=viewer.account, pk=pk)


@viewer_required
def one(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponseBase:
    """Show how far an erasure is, or what it did."""
    row = _row(viewer, pk)

    def page(request: HttpRequest, viewer: Viewer) -> HttpResponse:
        context: dict[str, Any] = {
            "row": row,
            "is_done": row.state == Erasure.State.DONE,
            "progress": runs.progress(row),
            "lines": [
                (known, row.counts[known.name]) for known in declarations() if known.name in row.counts
            ],
            "time_zone": viewer.time_zone,
        }
        return render(request, "people/erasure.html", context)

    return _admins_alone(page)(request, viewer)


@viewer_required
def receipt(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponseBase:
    """Hand out the receipt of an erasure, which names nobody."""
    row = _row(viewer, pk)

    def file(request: HttpRequest, viewer: Viewer) -> HttpResponse:
        answer = JsonResponse(runs.receipt(row), json_dumps_params={"indent": 2, "ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="erasure-{row.number}.json"'
        return answer

    return _admins_alone(file)(request, viewer)
