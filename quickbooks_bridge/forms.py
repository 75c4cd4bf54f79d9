"""The invoice form between text and draft: what was typed is kept as typed, whatever is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from deals.templatetags.ui import number
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.domain.preflight import is_email
from quickbooks_bridge.domain.problems import Problem

from .wording import problem_text

MOST_LINES = 200
TEXTS = (
    "customer_mode", "customer", "new_display_name", "to", "address", "email", "tax_id", "currency", "issue_date",
    "due_date", "message", "memo", "doc_number", "preset", "token",
)  # fmt: skip
LINE_TEXTS = (
    "name", "description", "quantity", "unit_price", "discount", "discount_kind", "tax", "item", "item_label", "product",
)  # fmt: skip


@dataclass
class FormState:
    """Every field as text. `lines` are dictionaries of `LINE_TEXTS`."""

    values: dict[str, str]
    lines: list[dict[str, str]]
    update_customer: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


def state_from_draft(draft: InvoiceDraft, *, token: str, labels: Mapping[str, str]) -> FormState:
    """Write a draft as text; `labels` maps item ids to names."""
    values = {
        "customer_mode": "new" if draft.customer.is_new else "existing",
        "customer": draft.customer.qbo_id,
        "new_display_name": draft.customer.new_display_name or draft.to,
        "to": draft.to,
        "address": draft.address,
        "email": draft.email,
        "tax_id": draft.tax_id,
        "currency": draft.currency,
        "issue_date": draft.issue_date.isoformat(),
        "due_date": draft.due_date.isoformat(),
        "message": draft.message,
        "memo": draft.memo,
        "doc_number": draft.doc_number,
        "preset": draft.preset_id,
        "token": token,
    }
    lines = [
        {
            "name": line.name,
            "description": line.description,
            "quantity": number(line.quantity),
            "unit_price": number(line.unit_price),
            "discount": number(line.discount) if line.discount else "",
            "discount_kind": line.discount_kind,
            "tax": "1" if line.is_taxable else "0",
            "item": line.item_qbo_id,
            "item_label": labels.get(line.item_qbo_id, ""),
            "product": line.product_id,
        }
        for line in draft.lines
    ]
    return FormState(values, lines, origins=draft.origins)


def state_from_post(post: Mapping[str, str]) -> FormState:
    """Read a posted form as text; lines come in the order of their numbers, removed and empty ones are left out."""
    values = {name: str(post.get(name, ""))[:20_000].replace("\r\n", "\n") for name in TEXTS}
    numbers = sorted(
        {int(key.split("-")[1]) for key in post if key.startswith("lines-") and key.split("-")[1].isdigit()}
    )[:MOST_LINES]
    lines = []
    for at in numbers:
        line = {name: str(post.get(f"lines-{at}-{name}", ""))[:20_000] for name in LINE_TEXTS}
        typed = (line[name].strip() for name in ("name", "description", "unit_price", "item"))
        if any(typed) and f"lines-{at}-remove" not in post:
            lines.append(line)
    return FormState(values, lines, update_customer=bool(post.get("update_customer")))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def draft_from_state(state: FormState) -> tuple[InvoiceDraft | None, list[Problem]]:
    """Read the texts as a draft; with unreadable numbers or dates there is none, only the problems."""
    problems: list[Problem] = []
    dates: dict[str, date] = {}
    for name in ("issue_date", "due_date"):
        day = _day(state.values[name])
        if day is None:
            problems.append(Problem("date_bad", name))
        else:
            dates[name] = day
    lines = [_line(at, line, problems) for at, line in enumerate(state.lines)]
    if problems:
        return None, problems
    values = {key: value.strip() for key, value in state.values.items()}
    is_new = values["customer_mode"] == "new"
    draft = InvoiceDraft(
        customer=CustomerChoice(
            qbo_id="" if is_new else values["customer"],
            new_display_name=values["new_display_name"] if is_new else "",
            update_in_quickbooks=state.update_customer and not is_new,
        ),
        to=values["to"],
        address=values["address"],
        email=values["email"],
        tax_id=values["tax_id"],
        currency=values["currency"].upper(),
        issue_date=dates["issue_date"],
        due_date=dates["due_date"],
        lines=tuple(line for line in lines if line is not None),
        message=values["message"],
        memo=values["memo"],
        doc_number=values["doc_number"],
        preset_id=values["preset"],
    )
    return draft, []


def _line(at: int, line: dict[str, str], problems: list[Problem]) -> DraftLine | None:
    numbers: dict[str, Decimal] = {}
    for name, default in (("quantity", "1"), ("unit_price", "0"), ("discount", "0")):
        value = parse_decimal(line[name] or default)
        if value is None:
            problems.append(Problem("number_bad", name, line=at))
        else:
            numbers[name] = value
    if len(numbers) < 3:
        return None
    return DraftLine(
        name=" ".join(line["name"].split()),
        description=line["description"].strip(),
        quantity=numbers["quantity"],
        unit_price=numbers["unit_price"],
        discount=numbers["discount"],
        discount_kind="amount" if line["discount_kind"] == "amount" else "percent",
        is_taxable=line["tax"] == "1",
        item_qbo_id=line["item"].strip()[:30],
        product_id=line["product"].strip()[:20],
    )


class SendForm(forms.Form):
    """To whom QuickBooks mails an invoice."""

    to = forms.CharField(label=_("To"), max_length=100)

    def clean_to(self) -> str:
        """Take one address, or several with commas between."""
        text = str(self.cleaned_data["to"]).strip()
        addresses = [part.strip() for part in text.split(",")]
        if ";" in text:
            raise forms.ValidationError(problem_text(Problem("email_semicolon")))
        if not all(is_email(address) for address in addresses):
            raise forms.ValidationError(problem_text(Problem("email_bad")))
        return ",".join(addresses)
