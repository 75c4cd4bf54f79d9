"""Forms of the CRM pages; custom fields of the account are added by kind."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Account, CustomField, Deal, DealLine, Member, Organization, Person, Product, Stage

PREFIX = "custom_"


class CustomFieldsMixin:
    """Adds the account's custom fields of one owner, kept in the row's `custom`."""

    owner = ""
    fields: dict[str, forms.Field]
    instance: Any
    cleaned_data: dict[str, Any]

    def add_custom_fields(self, account: Account) -> None:
        """Add a form field per custom field, filled from the row."""
        for definition in CustomField.objects.filter(account=account, owner=self.owner):
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
        if self.owner:
            self.add_custom_fields(account)

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
        labels = {"closed_on": _("Closed on")}


class OrganizationForm(AccountForm):
    """An organization; its address in parts or as one text."""

    owner = "organization"

    class Meta:
        model = Organization
        fields = ["name", "street", "city", "region", "postal_code", "country", "address"]
        labels = {"region": _("State or region"), "address": _("Address as one text")}
        help_texts = {"address": _("Used instead of the parts when filled.")}
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class PersonForm(AccountForm):
    """A contact person."""

    owner = "person"

    class Meta:
        model = Person
        fields = ["name", "organization", "email", "phone"]


class ProductForm(AccountForm):
    """A product."""

    class Meta:
        model = Product
        fields = ["name", "code", "description", "unit_price", "currency", "tax_percent", "is_active"]
        labels = {"is_active": _("Active"), "tax_percent": _("Tax %"), "unit_price": _("Price")}
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}


class DealLineForm(forms.ModelForm):  # type: ignore[type-arg]
    """A product on a deal. An empty name or price is taken from the chosen product."""

    class Meta:
        model = DealLine
        fields = [
            "product", "name", "quantity", "unit_price", "discount", "discount_kind", "tax_percent", "comment",
        ]  # fmt: skip
        labels = {"tax_percent": _("Tax %"), "unit_price": _("Price"), "discount_kind": _("Discount in")}
        widgets = {"comment": forms.TextInput()}

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = self.fields["product"]
        if isinstance(products, forms.ModelChoiceField):
            products.queryset = Product.objects.filter(account=account, is_active=True)
        for name in ("name", "unit_price"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Fill what was left empty from the product and refuse what no deal can hold."""
        cleaned = super().clean() or self.cleaned_data
        product = cleaned.get("product")
        if product is not None:
            cleaned["name"] = cleaned.get("name") or product.name
            if cleaned.get("unit_price") is None:
                cleaned["unit_price"] = product.unit_price
        if not cleaned.get("name"):
            self.add_error("name", _("Choose a product or write what is sold."))
        if cleaned.get("unit_price") is None and "unit_price" not in self.errors:
            self.add_error("unit_price", _("Write a price."))
        quantity = cleaned.get("quantity")
        if quantity is not None and quantity <= 0:
            self.add_error("quantity", _("A quantity is more than zero."))
        discount, kind = cleaned.get("discount"), cleaned.get("discount_kind")
        if discount is not None and (discount < 0 or (kind == "percent" and discount > 100)):
            self.add_error("discount", _("A discount lies between 0 and the line's amount."))
        return cleaned
