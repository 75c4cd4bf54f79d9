"""The forms of the settings page: what a new invoice is filled from, and the presets it may begin with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from deals.fields import GROUPS, MappableField
from deals.forms import known_currency, use_plain_errors
from quickbooks_bridge.domain.due_dates import parse_due_days
from quickbooks_bridge.domain.field_mapping import (
    LONGEST_TEXT,
    MAPPED,
    MOST_FALLBACKS,
    SLOTS,
    SUGGESTED,
    SlotRule,
    rules_of,
    rules_stored,
)
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.messages.problems import problem_text
from quickbooks_bridge.models import Company, InvoicePreset, InvoicingSettings, Term


@dataclass(frozen=True)
class PresetLists:
    """What a preset can refer to in the connected company: ids with names; empty where it does not use them."""

    company_id: int | None = None
    codes: Sequence[tuple[str, str]] = ()
    classes: Sequence[tuple[str, str]] = ()
    locations: Sequence[tuple[str, str]] = ()


GROUP_WORDS = {"organization": _("Organization"), "person": _("Contact person"), "deal": _("Deal")}
SHORT_WORDS = {"organization": _("Organization"), "person": _("Person"), "deal": _("Deal")}
NO_RECIPIENT = _("Choose what the invoice is addressed to.")


def field_label(entry: MappableField) -> str:
    """Return a field's name with its group, as a closed picker shows it."""
    name = entry.label if entry.is_custom else _now(entry.label)
    return f"{SHORT_WORDS[entry.group]} – {name}"


# What the places of an invoice are called.
SLOT_WORDS: dict[str, Any] = {
    "to": _("To"),
    "address": _("Address"),
    "email": _("Email"),
    "tax_id": _("Customer tax ID"),
    "cc": _("Copy to (Cc)"),
    "message": _("Message to customer"),
    "memo": _("Memo"),
    "custom_1": _("Own field 1"),
    "custom_2": _("Own field 2"),
    "custom_3": _("Own field 3"),
}


def typed_rules(typed: Mapping[str, Any]) -> dict[str, SlotRule]:
    """Return what the form says fills each place besides its first field; unknown places are none."""
    rules = {}
    for slot in SLOTS:
        keys = (str(typed.get(f"more_{slot}_{at}") or "") for at in range(MOST_FALLBACKS))
        text = str(typed.get(f"more_{slot}_text") or "").strip()[:LONGEST_TEXT]
        rule = SlotRule(tuple(key for key in keys if key), text)
        if rule != SlotRule():
            rules[slot] = rule
    return rules


class FieldSelect(forms.Select):
    """A plain select whose options carry what the picker made of it shows: the closed label and the icon."""

    suggested = ""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Mark the suggested field in words: a select has no other way."""
        option = super().create_option(name, value, label, *args, **kwargs)
        option["attrs"]["data-label"] = str(label)
        if value and value == self.suggested:
            option["label"] = _now("%(field)s (suggested)") % {"field": label}
        return option


def _choices(entries: Sequence[MappableField], *, has_empty: bool, prompt: bool) -> list[Any]:
    choices: list[Any] = []
    if has_empty or prompt:
        choices.append(("", _("Leave empty") if has_empty else _("Choose a field")))
    for group in GROUPS:
        rows = [(entry.key, field_label(entry)) for entry in entries if entry.group == group]
        choices.append((GROUP_WORDS[group], rows))
    return choices


class MappingForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a new invoice is filled from, for everybody in the company."""

    due_days = forms.CharField(
        label=_("Due date"),
        help_text=_("Days after the issue date"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": problem_text(Problem(ProblemCode.DUE_DAYS_NOT_A_NUMBER))},
    )

    class Meta:
        model = InvoicingSettings
        fields = ["to_field", "address_field", "email_field", "tax_id_field", "due_days"]
        labels = {
            "to_field": _("To"),
            "address_field": _("Address"),
            "email_field": _("Email"),
            "tax_id_field": _("Customer tax ID"),
        }
        help_texts = {
            "to_field": _("Whom it is addressed to"),
            "address_field": _("Also decides sales tax"),
            "email_field": _("Where QuickBooks sends it"),
            "tax_id_field": _("Optional"),
        }

    def __init__(
        self, *args: Any, catalogue: Iterable[MappableField], suggested: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        entries = list(catalogue)
        known = {entry.key for entry in entries}
        self.gone: dict[str, str] = {}
        for name in MAPPED:
            is_gone = bool(current := getattr(self.instance, name)) and current not in known
            is_required = name == "to_field"
            widget = FieldSelect()
            widget.suggested = SUGGESTED.get(name, suggested)
            field = forms.ChoiceField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                choices=_choices(entries, has_empty=not is_required, prompt=is_required and is_gone),
                required=is_required,
                widget=widget,
                error_messages={
                    "invalid_choice": problem_text(Problem(ProblemCode.FIELD_GONE, name)),
                    "required": NO_RECIPIENT,
                },
            )
            self.fields[name] = field
            if is_gone:
                self.initial[name] = ""
                self.gone[name] = problem_text(Problem(ProblemCode.FIELD_GONE, name))
        self._offer_more(entries)

    def _offer_more(self, entries: Sequence[MappableField]) -> None:
        """Add what fills a place where its first field is empty: two more fields and a fixed text."""
        choices = [("", _("No other field")), *_choices(entries, has_empty=False, prompt=False)]
        styled = {"class": "input"}
        known = {entry.key for entry in entries}
        rules = rules_of(self.instance.more_fields)
        for slot in SLOTS:
            rule = rules.get(slot, SlotRule())
            for at in range(MOST_FALLBACKS):
                key = rule.fields[at] if at < len(rule.fields) else ""
                label = _("%(place)s, field %(n)s") % {"place": SLOT_WORDS[slot], "n": at + 1}
                self.fields[f"more_{slot}_{at}"] = forms.ChoiceField(
                    label=label,
                    choices=choices,
                    required=False,
                    initial=key if key in known else "",
                    widget=forms.Select(attrs=styled),
                )
            self.fields[f"more_{slot}_text"] = forms.CharField(
                label=_("%(place)s, fixed text") % {"place": SLOT_WORDS[slot]},
                required=False,
                max_length=LONGEST_TEXT,
                initial=rule.text,
                widget=forms.TextInput(attrs={**styled, "placeholder": _("Else this text")}),
            )

    def more_rows(self, named: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the places with their fields, as the page lists them; `named` are the company's own fields by slot."""
        rows = []
        for slot in SLOTS:
            if slot.startswith("custom_") and slot not in named:
                continue
            fields = [self[f"more_{slot}_{at}"] for at in range(MOST_FALLBACKS)]
            text = self[f"more_{slot}_text"]
            rows.append({"label": named.get(slot, SLOT_WORDS[slot]), "fields": fields, "text": text})
        return rows

    def clean(self) -> dict[str, Any]:
        """Keep the rules with the rest."""
        cleaned = super().clean() or self.cleaned_data
        self.instance.more_fields = rules_stored(typed_rules(cleaned))
        return cleaned

    def clean_due_days(self) -> int:
        """Read the days; a negative or absurd number gets a sentence."""
        days = parse_due_days(self.cleaned_data["due_days"])
        if isinstance(days, Problem):
            raise forms.ValidationError(problem_text(days))
        return days


class ChoicesForm(forms.ModelForm):  # type: ignore[type-arg]
    """How invoices are written, for everybody in the company."""

    class Meta:
        model = InvoicingSettings
        fields = ["tax_policy", "discount_style", "us_tax_id_field"]
        labels = {
            "tax_policy": _("Sales tax"),
            "discount_style": _("Discounts of lines print"),
            "us_tax_id_field": _("A customer's tax ID goes to"),
        }
        help_texts = {
            "tax_policy": _(
                "As quoted sends the tax of the deal's products, and QuickBooks keeps it instead of its own figure"
            ),
            "discount_style": _("Either way the total is the same"),
            "us_tax_id_field": _("In the United States QuickBooks has no field of its own for it"),
        }

    discount_account = forms.ChoiceField(
        label=_("Discounts of whole invoices are booked to"),
        required=False,
        help_text=_("An income account of QuickBooks"),
    )

    def __init__(self, *args: Any, company: Company | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        if company is not None and company.country not in {"US", "USA"}:
            del self.fields["tax_policy"], self.fields["us_tax_id_field"]
        if company is None or not company.allows_discount or not company.income_accounts:
            del self.fields["discount_account"]
        else:
            self._offer_accounts(company)
        use_plain_errors(self)

    def _offer_accounts(self, company: Company) -> None:
        names = dict(company.income_accounts)
        usual = names.get(company.invoice_facts.discount_account, "")
        first = (
            _("QuickBooks’ own choice: %(name)s") % {"name": usual} if usual else _("QuickBooks’ own choice")
        )
        field = self.fields["discount_account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", first), *company.income_accounts]
        self.initial["discount_account"] = (
            company.discount_account_qbo_id if company.discount_account_qbo_id in names else ""
        )

    def save(self, commit: bool = True) -> InvoicingSettings:
        """Save the choices; the account is the company's, whose id means nothing in another one."""
        saved: InvoicingSettings = super().save(commit=commit)
        if self.company is not None and "discount_account" in self.fields:
            self.company.discount_account_qbo_id = self.cleaned_data["discount_account"]
            self.company.save(update_fields=["discount_account_qbo_id"])
        return saved


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A named starting point of the invoice form."""

    due = forms.ChoiceField(label=_("Due"), required=False)
    due_days = forms.CharField(
        label=_("Days until due"),
        required=False,
        max_length=20,
        help_text=_("Counted when Due says so."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    currency = forms.CharField(
        label=_("Currency"), required=False, max_length=60, help_text=_("Empty: the customer's own.")
    )

    class Meta:
        model = InvoicePreset
        fields = [
            "name",
            "is_default",
            "tax",
            "tax_code_qbo_id",
            "class_qbo_id",
            "location_qbo_id",
            "message",
            "memo",
        ]
        labels = {
            "name": _("Name"),
            "is_default": _("Use for new invoices"),
            "tax": _("Tax"),
            "message": _("Message to customer"),
            "memo": _("Memo for your team"),
        }
        help_texts = {
            "message": _("Printed on the invoice."),
            "memo": _("Stays in QuickBooks; the customer does not see it."),
        }
        widgets = {"message": forms.Textarea(attrs={"rows": 2}), "memo": forms.Textarea(attrs={"rows": 2})}

    field_order = [
        *("name", "is_default", "due", "due_days", "tax", "tax_code_qbo_id", "currency", "class_qbo_id"),
        *("location_qbo_id", "message", "memo"),
    ]

    def __init__(self, *args: Any, terms: Sequence[Term], lists: PresetLists, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        preset = self.instance
        self.lists = lists
        self._offer(preset)
        self.terms = {term.qbo_id: term for term in terms}
        rows = [(f"term:{term.qbo_id}", term.name) for term in terms]
        choices: list[Any] = [
            ("mapping", _("As the field mapping says")),
            ("days", _("After a number of days")),
        ]
        if rows:
            choices.append((_("Terms in QuickBooks"), rows))
        due = self.fields["due"]
        if isinstance(due, forms.ChoiceField):
            due.choices = choices
        known = preset.term_qbo_id in self.terms
        self.is_term_gone = bool(preset.term_qbo_id) and not known
        self.initial["due"] = (
            f"term:{preset.term_qbo_id}" if known else "days" if preset.due_days is not None else "mapping"
        )
        self.initial["due_days"] = "" if preset.due_days is None or known else str(preset.due_days)
        self.initial["currency"] = preset.currency
        use_plain_errors(self)

    def _offer(self, preset: InvoicePreset) -> None:
        """Offer tax codes, classes and locations of the connected company, where it has any."""
        offers = {
            "tax_code_qbo_id": (_("Tax code"), self.lists.codes),
            "class_qbo_id": (_("Class"), self.lists.classes),
            "location_qbo_id": (_("Location"), self.lists.locations),
        }
        is_here = preset.company_id in {None, self.lists.company_id}
        for name, (label, rows) in offers.items():
            if rows:
                choices = [("", _("As usual")), *rows]
                self.fields[name] = forms.ChoiceField(label=label, required=False, choices=choices)
                known = {qbo_id for qbo_id, _name in rows}
                current = getattr(preset, name)
                self.initial[name] = current if is_here and current in known else ""
            else:
                del self.fields[name]

    def clean_currency(self) -> str:
        """Take a currency in any case, or none."""
        text = str(self.cleaned_data["currency"]).strip()
        return known_currency(text) if text else ""

    def clean_name(self) -> str:
        """Refuse the name of another preset."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        others = InvoicePreset.objects.filter(account_id=self.instance.account_id).exclude(
            pk=self.instance.pk
        )
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_now("Another preset has this name. Choose a different one."))
        return name

    def clean(self) -> dict[str, Any]:
        """Read when it is due: from the mapping, after days, or by QuickBooks' terms."""
        cleaned = super().clean() or self.cleaned_data
        preset, due = self.instance, cleaned.get("due") or "mapping"
        preset.company_id = self.lists.company_id
        preset.due_days, preset.term_qbo_id = None, ""
        preset.currency = cleaned.get("currency") or ""
        if due == "days" or (due == "mapping" and cleaned.get("due_days")):
            days = parse_due_days(str(cleaned.get("due_days") or ""))
            if isinstance(days, Problem):
                self.add_error("due_days", problem_text(days))
            else:
                preset.due_days = days
        elif due.startswith("term:"):
            term = self.terms[due.removeprefix("term:")]
            preset.term_qbo_id, preset.due_days = term.qbo_id, term.due_days
        return cleaned
