"""Import from CSV: a file, what its columns mean, what would happen, and then all of it or nothing."""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deals.imports.csv_file import LARGEST, MOST_COLUMNS, MOST_ROWS, CsvFile, CsvRefused, read_csv
from deals.imports.kinds import Target, guess_columns, targets_of
from deals.imports.plan import ImportPlan, guess_notation, import_apply, plan_import
from deals.models import ImportFile
from deals.push import UnknownReference
from deals.viewer import Viewer, viewer_required

logger = logging.getLogger(__name__)

KINDS = [
    ("deal", gettext_lazy("Deals and their products")),
    ("organization", gettext_lazy("Organizations")),
    ("person", gettext_lazy("People")),
    ("product", gettext_lazy("Products")),
]
LISTS = {
    "deal": "deals:deal_list", "organization": "deals:organization_list", "person": "deals:person_list",
    "product": "deals:product_list",
}  # fmt: skip
SHOWN = 5


class UploadForm(forms.Form):
    """A file, and what its rows are."""

    kind = forms.ChoiceField(label=gettext_lazy("The rows are"), choices=KINDS)
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("The first row names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )


def _refusal(refused: CsvRefused) -> str:
    row = {"row": refused.row}
    return {
        "too_large": _("The file is larger than 5 MB. Split it."),
        "no_text": _("This is no text file. Save it as CSV, then choose it again."),
        "no_csv": _("The file cannot be read as CSV: a quotation mark is not closed."),
        "empty": _("There are no rows below the first one."),
        "too_many_rows": _("The file has more than %(most)d rows. Split it.") % {"most": MOST_ROWS},
        "too_many_columns": _("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS},
        "more_cells": _("Row %(row)d has more cells than the first row names.") % row,
        "long_cell": _("Row %(row)d has a cell of more than 4,000 characters.") % row,
    }[refused.code]


@viewer_required
def import_new(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Take a file; nothing of it is stored in the CRM yet."""
    if not viewer.is_admin:
        messages.error(request, _("Only an admin may do this."))
        return redirect("deals:deal_list")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            file = read_csv(given.read(LARGEST + 1))
        except CsvRefused as refused:
            form.add_error("file", _refusal(refused))
        else:
            kind = form.cleaned_data["kind"]
            mapping = guess_columns(file.columns, targets_of(viewer.account, kind))
            row = ImportFile.objects.create(
                account=viewer.account,
                member=viewer.member,
                kind=kind,
                name=(given.name or "")[:120],
                columns=file.columns,
                rows=file.rows,
                mapping=mapping,
                is_comma_decimal=guess_notation(file, mapping),
                created_at=timezone.now(),
            )
            return redirect("access:import", row.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "deals/import_new.html", {"form": form}, status=status)


def _file(row: ImportFile) -> CsvFile:
    return CsvFile(tuple(row.columns), tuple(tuple(cells) for cells in row.rows))


def _chosen(request: HttpRequest, row: ImportFile, targets: list[Target]) -> dict[str, int]:
    """Return the posted columns by the fields they fill; what is no column is none."""
    places = {str(at): at for at in range(len(row.columns))}
    asked = {target.key: request.POST.get(f"column-{target.key}", "") for target in targets}
    return {key: places[text] for key, text in asked.items() if text in places}


@viewer_required
def import_preview(request: HttpRequest, viewer: Viewer, pk: int) -> HttpResponse:
    """Show what would happen with these columns; do it when it is asked for and nothing is wrong."""
    row = get_object_or_404(ImportFile, account=viewer.account, member=viewer.member, pk=pk)
    if not viewer.is_admin:
        return redirect("deals:deal_list")
    targets = targets_of(viewer.account, row.kind)
    action = request.POST.get("do", "") if request.method == "POST" else ""
    if action == "discard":
        row.delete()
        return redirect("access:import_new")
    if action:
        row.mapping = _chosen(request, row, targets)
        row.is_comma_decimal = request.POST.get("numbers") == "comma"
        row.save(update_fields=["mapping", "is_comma_decimal"])
    missing = [
        str(target.label) for target in targets if target.is_required and target.key not in row.mapping
    ]
    plan = None
    if not missing:
        plan = plan_import(
            viewer.account, row.kind, _file(row), row.mapping, is_comma_decimal=row.is_comma_decimal
        )
    if action == "import" and plan is not None and not plan.errors:
        return _import(request, viewer, row, plan)
    return _page(request, row, targets, plan, missing, status=422 if action == "import" else 200)


def _import(request: HttpRequest, viewer: Viewer, row: ImportFile, plan: ImportPlan) -> HttpResponse:
    try:
        count = import_apply(plan, viewer.account, viewer.member, at=timezone.now())
    except UnknownReference as unknown:
        messages.error(request, _("Nothing was imported: %(why)s") % {"why": unknown.text})
        return redirect("access:import", row.pk)
    logger.info("imported", extra={"kind": row.kind, "rows": count})
    kind = row.kind
    row.delete()
    text = ngettext("%(n)d row is imported.", "%(n)d rows are imported.", count) % {"n": count}
    messages.success(request, text)
    return redirect(LISTS[kind])


def _page(
    request: HttpRequest,
    row: ImportFile,
    targets: list[Target],
    plan: ImportPlan | None,
    missing: list[str],
    *,
    status: int,
) -> HttpResponse:
    context: dict[str, Any] = {
        "row": row,
        "kind": dict(KINDS)[row.kind],
        "targets": [
            {
                "target": target,
                "at": row.mapping.get(target.key),
                "sample": _sample(row, row.mapping.get(target.key)),
            }
            for target in targets
        ],
        "columns": list(enumerate(row.columns)),
        "shown": row.rows[:SHOWN],
        "count": len(row.rows),
        "plan": plan,
        "missing": missing,
        "more_errors": plan.error_count - len(plan.errors) if plan is not None else 0,
    }
    return render(request, "deals/import.html", context, status=status)


def _sample(row: ImportFile, at: int | None) -> str:
    """Return the first text of a column that is not empty."""
    return next((cells[at] for cells in row.rows if cells[at]), "") if at is not None else ""
