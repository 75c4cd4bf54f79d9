"""The invoice form between text and draft: what was typed is kept as typed, whatever is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from crm_invoicing.ui.templatetags.ui import number
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft, TaxChoice
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.tax import TaxMode
from quickbooks_bridge.domain.texts import is_digits, tidy_emails, visible

MAX_TEXT_LENGTH = 20_000
CUSTOMER_FIELDS = ("to", "address", "email", "tax_id")
FIELDS = (
    "customer_mode", "customer", "customer_label", "customer_open", "new_display_name", *CUSTOMER_FIELDS,
    *(f"origin_{name}" for name in CUSTOMER_FIELDS), "currency", "tax", "tax_applied", "issue_date", "due_date",
    "due_days", "due_computed", "term", "term_applied", "message", "memo", "doc_number", "preset", "preset_applied",
    "token", "no_ship_to", "seen", "tax_mode", "form_tax_code", "exchange_rate", "rate_for", "cc", "bcc",
)  # fmt: skip
LINE_FIELDS = (
    "name", "description", "quantity", "unit_price", "discount", "discount_kind", "tax", "code", "item", "item_label", "product",
)  # fmt: skip
NEW_LINE = {**dict.fromkeys(LINE_FIELDS, ""), "quantity": "1", "discount_kind": "percent", "tax": "0"}
TAX_CHOICES: tuple[TaxChoice, ...] = ("by_product", "taxable", "not_taxed")


@dataclass
class FormState:
    """Every field as text. `lines` are dictionaries of `LINE_TEXTS`; blank ones are kept but bill nothing.

    The `..._applied` and `due_computed` texts are what the server acted on last, so that it sees what a person
    changed since; `origin_...` names the CRM field a text came from. `labelled` are the lines whose product came
    with a name, which without script is what a person chooses by.
    """

    values: dict[str, str]
    lines: list[dict[str, str]]
    update_customer: bool = False
    line_says: dict[int, Problem] = field(default_factory=dict)
    labelled: frozenset[int] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return a JSON-ready form, read back by `state_from_json`."""
        return {"values": self.values, "lines": self.lines, "update_customer": self.update_customer}


def is_blank(line: Mapping[str, str]) -> bool:
    """Return whether nothing was typed into a line."""
    return not any(line[name].strip() for name in ("name", "description", "unit_price", "item"))


def state_from_json(data: Any) -> FormState:
    """Read what `as_json` gave; what an older version lacks is empty."""
    data = data if isinstance(data, dict) else {}
    values, lines = data.get("values"), data.get("lines")
    values = values if isinstance(values, dict) else {}
    lines = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    return FormState(
        {name: str(values.get(name, ""))[:MAX_TEXT_LENGTH] for name in FIELDS},
        [{name: str(line.get(name, ""))[:MAX_TEXT_LENGTH] for name in LINE_FIELDS} for line in lines],
        update_customer=bool(data.get("update_customer")),
    )


def state_from_draft(draft: InvoiceDraft, *, token: str, labels: Mapping[str, str]) -> FormState:
    """Write a draft as text; `labels` maps item ids to names."""
    values = dict.fromkeys(FIELDS, "") | {
        "customer_mode": "existing",
        "customer": draft.customer.qbo_id,
        "new_display_name": draft.customer.new_display_name or draft.to,
        "to": draft.to,
        "address": draft.address,
        "email": draft.email,
        "tax_id": draft.tax_id,
        "currency": draft.currency,
        "tax": draft.tax,
        "tax_applied": draft.tax,
        "tax_mode": draft.tax_mode,
        "form_tax_code": draft.form_tax_code,
        "issue_date": draft.issue_date.isoformat(),
        "due_date": draft.due_date.isoformat(),
        "due_days": str(draft.due_days),
        "due_computed": draft.due_date.isoformat(),
        "term": draft.term_qbo_id,
        "term_applied": draft.term_qbo_id,
        "message": draft.message,
        "memo": draft.memo,
        "doc_number": draft.doc_number,
        "cc": draft.cc,
        "bcc": draft.bcc,
        "preset": draft.preset_id,
        "preset_applied": draft.preset_id,
        "token": token,
        **{f"origin_{name}": key for name, key in draft.origins.items()},
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
            "code": line.tax_code,
            "item": line.item_qbo_id,
            "item_label": labels.get(line.item_qbo_id, ""),
            "product": line.product_id,
        }
        for line in draft.lines
    ]
    return FormState(values, lines)


def state_from_post(post: Mapping[str, str]) -> FormState:
    """Read a posted form as text; lines come in the order of their numbers."""
    values = {name: _text(post.get(name, "")) for name in FIELDS}
    numbers = sorted(
        {int(at) for key in post if key.startswith("lines-") and is_digits(at := key.split("-")[1][:7])}
    )
    lines = [{name: _text(post.get(f"lines-{at}-{name}", "")) for name in LINE_FIELDS} for at in numbers]
    labelled = frozenset(at for at, number in enumerate(numbers) if f"lines-{number}-item_label" in post)
    return FormState(values, lines, update_customer=bool(post.get("update_customer")), labelled=labelled)


def _text(value: object) -> str:
    # A NUL is no text: no database takes it, and no keyboard writes it.
    return str(value)[:MAX_TEXT_LENGTH].replace("\r\n", "\n").replace("\x00", "")


def read_day(text: str) -> date | None:
    """Read a date as date fields post it; None when it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def tax_choice(text: str) -> TaxChoice:
    """Read the tax handling; anything unknown is "by_product"."""
    return next((choice for choice in TAX_CHOICES if choice == text), "by_product")


def tax_mode(text: str) -> TaxMode:
    """Read how prices relate to tax; anything unknown is without it."""
    return next((mode for mode in TaxMode if mode == text), TaxMode.EXCLUSIVE)


def draft_from_state(
    state: FormState, *, is_comma_decimal: bool = False
) -> tuple[InvoiceDraft | None, list[Problem]]:
    """Read the texts as a draft; with unreadable numbers or dates there is none, only the problems.

    Blank lines are not in the draft: `line_places` says which line of the form each of its lines is.
    """
    problems: list[Problem] = []
    dates: dict[str, date] = {}
    for name in ("issue_date", "due_date"):
        day = read_day(state.values[name])
        if day is None:
            problems.append(Problem(ProblemCode.DATE_BAD, name))
        else:
            dates[name] = day
    values = {key: value.strip() for key, value in state.values.items()}
    rate = (
        parse_decimal(values["exchange_rate"], is_comma_decimal=is_comma_decimal)
        if values["exchange_rate"]
        else None
    )
    if values["exchange_rate"] and rate is None:
        problems.append(Problem(ProblemCode.NUMBER_BAD, "exchange_rate"))
    tax = tax_choice(values["tax"])
    lines = [
        _line(at, state.lines[at], tax, problems, is_comma_decimal=is_comma_decimal)
        for at in line_places(state)
    ]
    if problems:
        return None, problems
    is_new = values["customer_mode"] == "new"
    draft = InvoiceDraft(
        customer=CustomerChoice(
            qbo_id="" if is_new else values["customer"][:30],
            new_display_name=visible(state.values["new_display_name"]).strip(" ") if is_new else "",
            update_in_quickbooks=state.update_customer and not is_new,
        ),
        to=values["to"],
        address=values["address"],
        email=tidy_emails(values["email"]),
        tax_id=values["tax_id"],
        currency=values["currency"].upper(),
        issue_date=dates["issue_date"],
        due_date=dates["due_date"],
        lines=tuple(line for line in lines if line is not None),
        message=values["message"],
        memo=values["memo"],
        doc_number=values["doc_number"],
        term_qbo_id=values["term"][:30],
        preset_id=values["preset"],
        tax=tax,
        tax_mode=tax_mode(values["tax_mode"]),
        form_tax_code=values["form_tax_code"][:30],
        cc=tidy_emails(values["cc"]),
        bcc=tidy_emails(values["bcc"]),
        exchange_rate=rate,
        due_days=int(values["due_days"]) if is_days(values["due_days"]) else 0,
    )
    return draft, []


def is_days(text: str) -> bool:
    """Return whether a text is a whole number of days that a date can bear."""
    return is_digits(text, longest=3)


def line_places(state: FormState) -> list[int]:
    """Return the indexes of the lines that bill something, in order."""
    return [at for at, line in enumerate(state.lines) if not is_blank(line)]


def _line(
    at: int, line: dict[str, str], tax: TaxChoice, problems: list[Problem], *, is_comma_decimal: bool
) -> DraftLine | None:
    numbers: dict[str, Decimal] = {}
    for name, default in (("quantity", "1"), ("unit_price", "0"), ("discount", "0")):
        value = parse_decimal(line[name].strip() or default, is_comma_decimal=is_comma_decimal)
        if value is None:
            problems.append(Problem(ProblemCode.NUMBER_BAD, name, line=at))
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
        is_taxable={"taxable": True, "not_taxed": False}.get(tax, line["tax"] == "1"),
        tax_code=line["code"].strip()[:30],
        item_qbo_id=line["item"].strip()[:30],
        product_id=line["product"].strip()[:20],
    )
