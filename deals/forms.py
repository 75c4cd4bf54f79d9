"""Forms of the CRM pages; custom fields of the account are added by kind."""

import re
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.core.validators import EmailValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm_invoicing.ui.templatetags.ui import has_comma_decimals, number

from .models import Account, CustomField, Deal, DealLine, Member, Organization, Person, Product, Stage

PREFIX = "custom_"
WORDS = {
    "required": _("Fill this in."),
    "max_length": _("Shorten this to %(limit_value)d characters; it has %(show_value)d now."),
    "max_digits": _("Write a smaller number: %(max)s digits at most."),
    "max_whole_digits": _("Write a smaller number: %(max)s digits before the point at most."),
    "max_decimal_places": _("Write fewer decimals: %(max)s at most."),
    "invalid_choice": _("Choose one from the list."),
}
NUMBER = _("Write a number, such as 1250.50.")
DATE = _("Write a day, such as 2026-03-13.")
EMAIL = _("Write an email address, such as accounts@company.example.")
_PLAIN = re.compile(r"-?\d+\.\d+", re.ASCII)
# What people put between thousands besides commas and dots.
_SPACES = re.compile(r"[\s'\u2019]")
CURRENCY = _("Write the currency as its three letters, such as USD.")
LABELS = {
    "city": _("City"),
    "code": _("Code"),
    "comment": _("Comment"),
    "country": _("Country"),
    "currency": _("Currency"),
    "description": _("Description"),
    "discount": _("Discount"),
    "email": _("Email"),
    "name": _("Name"),
    "organization": _("Organization"),
    "owner": _("Owner"),
    "person": _("Person"),
    "phone": _("Phone"),
    "postal_code": _("Postal code"),
    "product": _("Product"),
    "quantity": _("Quantity"),
    "stage": _("Stage"),
    "status": _("Status"),
    "street": _("Street"),
    "title": _("Title"),
    "value": _("Value"),
}


class NumberText(forms.TextInput):
    """A number as text: a browser's own number field posts nothing at all for what it cannot read."""

    def format_value(self, value: Any) -> str | None:
        """Leave idle zeros out, and write the decimals as the reader's language does; what is no number stays."""
        text = number(value) if isinstance(value, Decimal) else super().format_value(value)
        is_read = text and has_comma_decimals() and _PLAIN.fullmatch(text)
        return text.replace(".", ",") if text and is_read else text

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what was typed, a number with a dot before its decimals and nothing between its thousands."""
        text = super().value_from_datadict(data, files, name)
        return typed_number(text) if isinstance(text, str) else text


def typed_number(text: str) -> str:
    """Return a number typed in the reader's language ("1 234,50", "1,234.50") plainly; anything else as it was."""
    group, mark = (".", ",") if has_comma_decimals() else (",", ".")
    bare = _SPACES.sub("", text).replace("\u2212", "-")
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}(\{group}\d{{3}})+)(\{mark}\d+)?", bare, re.ASCII):
        return text
    # A dot alone stands before decimals everywhere: that is how programs write them.
    if group == "." and "," not in bare and bare.count(".") == 1:
        return bare
    return bare.replace(group, "").replace(mark, ".")


def use_plain_errors(form: forms.BaseForm) -> None:
    """Return every field of a form messages that say what to do, and let it take too long a text.

    A browser cuts a pasted text at `maxlength` without a word; the message afterwards loses nothing.
    """
    for field in form.fields.values():
        field.error_messages.update(WORDS)
        field.widget.attrs.pop("maxlength", None)
        if isinstance(field, forms.DecimalField):
            field.error_messages["invalid"] = NUMBER
            field.widget = NumberText(attrs={"inputmode": "decimal"})
        elif isinstance(field, forms.DateField):
            field.error_messages["invalid"] = DATE
        elif isinstance(field, forms.EmailField):
            field.error_messages["invalid"] = EMAIL


def check_range(form: forms.BaseForm, name: str, low: int, high: int | None, message: str | Promise) -> None:
    """Refuse a number outside `low` to `high` with a message beside its field."""
    value = form.cleaned_data.get(name)
    if isinstance(value, Decimal) and (value < low or (high is not None and value > high)):
        form.add_error(name, str(message))


class CustomFieldsMixin:
    """Adds the account's custom fields of one owner, kept in the row's `custom`."""

    owner = ""
    fields: dict[str, forms.Field]
    instance: Any
    cleaned_data: dict[str, Any]

    def add_custom_fields(self, account: Account) -> None:
        """Add a form field per custom field, filled from the row."""
        for definition in CustomField.objects.filter(account=account, entity=self.owner):
            kind = definition.kind
            field: forms.Field
            if kind == CustomField.Kind.EMAIL:
                field = forms.EmailField(label=definition.label, required=False, max_length=254)
            elif kind == CustomField.Kind.DATE:
                field = forms.DateField(
                    label=definition.label, required=False, widget=forms.DateInput(attrs={"type": "date"})
                )
            elif kind == CustomField.Kind.NUMBER:
                field = forms.DecimalField(label=definition.label, required=False, max_digits=20)
            else:
                rows = forms.Textarea(attrs={"rows": 2}) if kind == CustomField.Kind.ADDRESS else None
                field = forms.CharField(
                    label=definition.label, required=False, max_length=2000, widget=rows or forms.TextInput()
                )
            field.initial = (self.instance.custom or {}).get(definition.key, "")
            self.fields[PREFIX + definition.key] = field

    def keep_custom_fields(self) -> None:
        """Put the entered values into the row's `custom`."""
        custom = dict(self.instance.custom or {})
        for name in self.fields:
            if name.startswith(PREFIX):
                value = self.cleaned_data.get(name)
                custom[name.removeprefix(PREFIX)] = "" if value is None else str(value)
        self.instance.custom = custom


def known_currency(text: str) -> str:
    """Return an ISO 4217 code in capitals, or say how one is written."""
    code = text.strip().upper()
    if code not in list_currencies():
        raise forms.ValidationError(CURRENCY)
    return code


class AccountForm(CustomFieldsMixin, forms.ModelForm):  # type: ignore[type-arg]
    """A form of one account's row: its choices are that account's, and so is what it makes."""

    account: Account

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.instance.account = account
        choices: dict[str, Any] = {
            "organization": Organization.objects.filter(account=account),
            "person": Person.objects.filter(account=account),
            "stage": Stage.objects.filter(account=account),
            "owner": Member.objects.filter(account=account),
        }
        for name, rows in choices.items():
            field = self.fields.get(name)
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
                field.empty_label = str(_("Choose") if field.required else _("None"))
        if self.owner:
            self.add_custom_fields(account)
        use_plain_errors(self)

    def clean(self) -> dict[str, Any]:
        """Keep custom values on the row once the rest is in order."""
        cleaned = super().clean() or self.cleaned_data
        if self.owner:
            self.keep_custom_fields()
        return cleaned


class DealForm(AccountForm):
    """A deal."""

    owner = "deal"

    class Meta:
        model = Deal
        fields = [
            "title",
            "organization",
            "person",
            "value",
            "currency",
            "stage",
            "status",
            "owner",
            "closed_on",
        ]
        widgets = {"closed_on": forms.DateInput(attrs={"type": "date"})}
        labels = LABELS | {"closed_on": _("Closed on")}

    def clean_currency(self) -> str:
        """Take a currency in any case."""
        return known_currency(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Refuse a value below zero."""
        cleaned = super().clean()
        check_range(self, "value", 0, None, _("Write a value of zero or more."))
        return cleaned


class OrganizationForm(AccountForm):
    """An organization; its address in parts or as one text."""

    owner = "organization"

    class Meta:
        model = Organization
        fields = ["name", "street", "city", "region", "postal_code", "country", "address"]
        labels = LABELS | {"region": _("State or region"), "address": _("Address as one text")}
        help_texts = {"address": _("Used instead of the parts when filled.")}
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class PersonForm(AccountForm):
    """A contact person."""

    owner = "person"

    class Meta:
        model = Person
        fields = ["name", "organization", "email", "phone"]
        labels = LABELS

    def clean_email(self) -> str:
        """Refuse a new address that is none; one that came with an import may stay until it is touched."""
        email = str(self.cleaned_data.get("email", "")).strip()
        if email and "email" in self.changed_data:
            EmailValidator(EMAIL)(email)
        return email


class ProductForm(AccountForm):
    """A product."""

    class Meta:
        model = Product
        fields = ["name", "code", "description", "unit_price", "currency", "tax_percent", "is_active"]
        labels = LABELS | {"is_active": _("Active"), "tax_percent": _("Tax %"), "unit_price": _("Price")}
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def clean_currency(self) -> str:
        """Take a currency in any case."""
        return known_currency(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Refuse a price or tax that no product can have."""
        cleaned = super().clean()
        check_range(self, "unit_price", 0, None, _("Write a price of zero or more."))
        check_range(self, "tax_percent", 0, 100, _("A tax must be between 0 and 100 percent."))
        return cleaned


class DealLineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A product on a deal. An empty name or price is taken from the chosen product."""

    class Meta:
        model = DealLine
        fields = [
            "product", "name", "quantity", "unit_price", "discount", "discount_kind", "tax_percent", "comment",
        ]  # fmt: skip
        labels = LABELS | {
            "tax_percent": _("Tax %"),
            "unit_price": _("Price"),
            "discount_kind": _("Discount in"),
        }
        widgets = {"comment": forms.TextInput()}

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = self.fields["product"]
        if isinstance(products, forms.ModelChoiceField):
            products.queryset = Product.objects.filter(account=account, is_active=True)
        for name in ("name", "unit_price"):
            self.fields[name].required = False
        use_plain_errors(self)

    def clean(self) -> dict[str, Any]:
        """Fill what was left empty from the product and refuse what no deal can hold."""
        cleaned = super().clean() or self.cleaned_data
        product = cleaned.get("product")
        if product is not None:
            cleaned["name"] = cleaned.get("name") or product.name
            if cleaned.get("unit_price") is None and "unit_price" not in self.errors:
                cleaned["unit_price"] = product.unit_price
        if not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", _("Choose a product or write what is sold."))
        if cleaned.get("unit_price") is None and "unit_price" not in self.errors:
            self.add_error("unit_price", _("Write a price."))
        check_range(self, "unit_price", 0, None, _("Write a price of zero or more."))
        check_range(self, "tax_percent", 0, 100, _("A tax must be between 0 and 100 percent."))
        quantity = cleaned.get("quantity")
        if quantity is not None and quantity <= 0:
            self.add_error("quantity", _("Write a quantity of more than zero."))
        self._check_discount(cleaned)
        return cleaned

    def _check_discount(self, cleaned: dict[str, Any]) -> None:
        discount, quantity, price = (cleaned.get(name) for name in ("discount", "quantity", "unit_price"))
        if discount is None:
            return
        if cleaned.get("discount_kind") == DealLine.DiscountKind.PERCENT:
            check_range(self, "discount", 0, 100, _("A discount must be between 0 and 100 percent."))
        elif discount < 0:
            self.add_error("discount", _("Write a discount of zero or more."))
        elif quantity and price is not None and discount > quantity * price:
            self.add_error("discount", _("The discount is more than the line costs. Write a smaller one."))
