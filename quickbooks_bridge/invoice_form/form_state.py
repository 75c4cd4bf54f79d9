"""The invoice form between text and draft: what was typed is kept as typed, whatever is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from crm_invoicing.ui.templatetags.ui import number
from quickbooks_bridge.domain.conversion import Conversion, is_usable
from quickbooks_bridge.domain.draft import (
    CustomerChoice,
    DiscountKind,
    DraftLine,
    InvoiceDraft,
    LineKind,
    TaxChoice,
)
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.tax import TaxMode
from quickbooks_bridge.domain.texts import is_digits, tidy_emails, visible

MAX_TEXT_LENGTH = 20_000
CUSTOMER_FIELDS = ("to", "address", "email", "tax_id")
# QuickBooks has at most three text fields of a company's own.
CUSTOM_FIELDS = ("custom_1", "custom_2", "custom_3")
FIELDS = (
    "customer_mode", "customer", "customer_label", "customer_open", "new_display_name", *CUSTOMER_FIELDS,
    *(f"origin_{name}" for name in CUSTOMER_FIELDS), "currency", "tax", "tax_applied", "issue_date", "due_date",
    "due_days", "due_computed", "term", "term_applied", "message", "memo", "doc_number", "preset", "preset_applied",
    "token", "no_ship_to", "seen", "tax_mode", "form_tax_code", "exchange_rate", "rate_for", "cc", "bcc",
    "discount", "discount_kind", "deposit", "class", "location", "pay_online", "update_skipped", "quoted_tax", "again_reason", "convert_rate", "converted_from", "converted_to", "converted_at", "converted_on",
    "lines_billed", "lines_over", "lines_over_ok", "deal_seen", *CUSTOM_FIELDS,
)  # fmt: skip
LINE_FIELDS = (
    "name", "description", "quantity", "unit_price", "discount", "discount_kind", "tax", "code", "item", "item_label", "product",
    "kind", "service_date", "class", "bundle", "source", "filled", "price_before", "discount_before",
)  # fmt: skip
NEW_LINE = {
    **dict.fromkeys(LINE_FIELDS, ""),
    "quantity": "1",
    "discount_kind": "percent",
    "tax": "0",
    "kind": "item",
}
LINE_KINDS: tuple[LineKind, ...] = ("item", "text", "subtotal", "bundle")
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
    """Return whether nothing was typed into a line; a subtotal needs no words."""
    return line["kind"] != "subtotal" and not any(
        line[name].strip() for name in ("name", "description", "unit_price", "item")
    )


def state_from_json(data: Any) -> FormState:
    """Read what `as_json` gave; what an older version lacks is empty."""
    data = data if isinstance(data, dict) else {}
    values, lines = data.get("values"), data.get("lines")
    values = values if isinstance(values, dict) else {}
    lines = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    return FormState(
        _values(values),
        [_line_texts(line, "") for line in lines],
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
        "quoted_tax": "" if draft.quoted_tax is None else number(draft.quoted_tax),
        "cc": draft.cc,
        "bcc": draft.bcc,
        "discount": number(draft.discount) if draft.discount else "",
        "discount_kind": draft.discount_kind,
        "deposit": number(draft.deposit) if draft.deposit else "",
        **{f"custom_{key}": text for key, text in draft.custom_fields.items()},
        "class": draft.class_qbo_id,
        "location": draft.location_qbo_id,
        "pay_online": "1" if draft.can_pay_online else "",
        "preset": draft.preset_id,
        "preset_applied": draft.preset_id,
        "token": token,
        **{f"origin_{name}": draft.origins.get(name, "") for name in CUSTOMER_FIELDS},
    }
    return FormState(values, [line_texts(line, labels) for line in draft.lines])


def line_texts(line: DraftLine, labels: Mapping[str, str]) -> dict[str, str]:
    """Write a line as text; `labels` maps item ids to names."""
    return NEW_LINE | {
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
        "kind": line.kind,
        "service_date": line.service_date.isoformat() if line.service_date else "",
        "class": line.class_qbo_id,
        "bundle": line.bundle_qbo_id,
        "source": line.source_id,
    }


def state_from_post(post: Mapping[str, str]) -> FormState:
    """Read a posted form as text; lines come in the order of their numbers."""
    values = _values(post)
    numbers = sorted(
        {int(at) for key in post if key.startswith("lines-") and is_digits(at := key.split("-")[1][:7])}
    )
    lines = [_line_texts(post, f"lines-{at}-") for at in numbers]
    shown = _text(post.get("update_shown", "")).split()
    if shown:
        # A tick that was taken away is not posted at all: what was shown tells it from one that never was.
        values["update_skipped"] = " ".join(part for part in shown if not post.get(f"update-{part}"))
    labelled = frozenset(at for at, number in enumerate(numbers) if f"lines-{number}-item_label" in post)
    return FormState(values, lines, update_customer=bool(post.get("update_customer")), labelled=labelled)


def _values(source: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the fields; a select that was not drawn stands as it would have been."""
    values = {name: _text(source.get(name, "")) for name in FIELDS}
    return {**values, "discount_kind": values["discount_kind"] or "percent"}


def _line_texts(source: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Return the texts of a line; one without a kind is a product."""
    line = {name: _text(source.get(f"{prefix}{name}", "")) for name in LINE_FIELDS}
    return line if line["kind"] in LINE_KINDS else {**line, "kind": "item"}


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


_NUMBERS = ("exchange_rate", "discount", "deposit", "quoted_tax")


class _Reader:
    """Reads the numbers and days of a form; what cannot be read is a problem at its field."""

    def __init__(self, *, is_comma_decimal: bool) -> None:
        self.is_comma_decimal = is_comma_decimal
        self.problems: list[Problem] = []

    def number(self, text: str, name: str, *, line: int | None = None) -> Decimal | None:
        """Return a number, None for an empty or unreadable text."""
        if not text.strip():
            return None
        value = parse_decimal(text, is_comma_decimal=self.is_comma_decimal)
        if value is None:
            self.problems.append(Problem(ProblemCode.NUMBER_BAD, name, line=line))
        return value

    def day(self, text: str, name: str, *, line: int | None = None) -> date | None:
        """Return a day, None for an unreadable text."""
        day = read_day(text)
        if day is None:
            self.problems.append(Problem(ProblemCode.DATE_BAD, name, line=line))
        return day


def draft_from_state(
    state: FormState, *, is_comma_decimal: bool = False
) -> tuple[InvoiceDraft | None, list[Problem]]:
    """Read the texts as a draft; with unreadable numbers or dates there is none, only the problems.

    Blank lines are not in the draft: `line_places` says which line of the form each of its lines is.
    """
    reader = _Reader(is_comma_decimal=is_comma_decimal)
    values = {key: value.strip() for key, value in state.values.items()}
    issued, due = (reader.day(values[name], name) for name in ("issue_date", "due_date"))
    numbers = {name: reader.number(values[name], name) for name in _NUMBERS}
    tax = tax_choice(values["tax"])
    lines = tuple(_line(at, state.lines[at], tax, reader) for at in line_places(state))
    if reader.problems or issued is None or due is None:
        return None, reader.problems
    draft = InvoiceDraft(
        customer=_customer(state),
        to=values["to"],
        address=values["address"],
        email=tidy_emails(values["email"]),
        tax_id=values["tax_id"],
        currency=values["currency"].upper(),
        issue_date=issued,
        due_date=due,
        lines=lines,
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
        exchange_rate=numbers["exchange_rate"],
        quoted_tax=numbers["quoted_tax"],
        conversion=conversion_of(state),
        again_reason=values["again_reason"],
        discount=numbers["discount"] or Decimal(0),
        discount_kind=_discount_kind(values["discount_kind"]),
        deposit=numbers["deposit"] or Decimal(0),
        class_qbo_id=values["class"][:30],
        location_qbo_id=values["location"][:30],
        custom_fields={name[-1]: values[name] for name in CUSTOM_FIELDS if values[name]},
        can_pay_online=values["pay_online"] == "1",
        due_days=int(values["due_days"]) if is_days(values["due_days"]) else 0,
    )
    return draft, []


def conversion_of(state: FormState) -> Conversion | None:
    """Return how the amounts were converted; what the form itself wrote is read back without a notation."""
    values = state.values
    day, rate = read_day(values["converted_on"]), parse_decimal(values["converted_at"].strip())
    source, target = values["converted_from"].strip(), values["converted_to"].strip()
    if day is None or rate is None or not is_usable(rate) or len(source) != 3 or len(target) != 3:
        return None
    return Conversion(source, target, rate, day)


def _customer(state: FormState) -> CustomerChoice:
    is_new = state.values["customer_mode"].strip() == "new"
    return CustomerChoice(
        qbo_id="" if is_new else state.values["customer"].strip()[:30],
        new_display_name=visible(state.values["new_display_name"]).strip(" ") if is_new else "",
        update_in_quickbooks=state.update_customer and not is_new,
        skipped_parts=frozenset(state.values["update_skipped"].split()),
    )


def _discount_kind(text: str) -> DiscountKind:
    return "amount" if text == "amount" else "percent"


def is_days(text: str) -> bool:
    """Return whether a text is a whole number of days that a date can bear."""
    return is_digits(text, longest=3)


def line_places(state: FormState) -> list[int]:
    """Return the indexes of the lines that bill something, in order."""
    return [at for at, line in enumerate(state.lines) if not is_blank(line)]


def read_draft_line(line: dict[str, str], *, is_comma_decimal: bool) -> DraftLine | None:
    """Read one line alone; None when a number or date in it cannot be read."""
    reader = _Reader(is_comma_decimal=is_comma_decimal)
    read = _line(0, line, "by_product", reader)
    return None if reader.problems else read


def _line(at: int, line: dict[str, str], tax: TaxChoice, reader: _Reader) -> DraftLine:
    kind: LineKind = next((kind for kind in LINE_KINDS if kind == line["kind"]), "item")
    name, description = " ".join(line["name"].split()), line["description"].strip()
    if kind == "bundle":
        return _heading(at, line, reader, name=name, description=description)
    if kind != "item":
        return DraftLine(name, description, kind=kind)
    quantity, price, discount = (
        reader.number(line[name], name, line=at) for name in ("quantity", "unit_price", "discount")
    )
    day = line["service_date"].strip()
    return DraftLine(
        name=name,
        description=description,
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=price or Decimal(0),
        discount=discount or Decimal(0),
        discount_kind=_discount_kind(line["discount_kind"]),
        is_taxable={"taxable": True, "not_taxed": False}.get(tax, line["tax"] == "1"),
        tax_code=line["code"].strip()[:30],
        item_qbo_id=line["item"].strip()[:30],
        product_id=line["product"].strip()[:20],
        service_date=reader.day(day, "service_date", line=at) if day else None,
        class_qbo_id=line["class"].strip()[:30],
        bundle_qbo_id=line["bundle"].strip()[:30],
        source_id=line["source"].strip()[:20],
    )


def _heading(at: int, line: dict[str, str], reader: _Reader, *, name: str, description: str) -> DraftLine:
    """Return the heading of a bundle; its amount is that of the lines below it."""
    quantity = reader.number(line["quantity"], "quantity", line=at)
    return DraftLine(
        name,
        description,
        quantity=Decimal(1) if quantity is None else quantity,
        item_qbo_id=line["item"].strip()[:30],
        product_id=line["product"].strip()[:20],
        kind="bundle",
        source_id=line["source"].strip()[:20],
    )
