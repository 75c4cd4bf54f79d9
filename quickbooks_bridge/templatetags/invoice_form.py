"""What ties a field of the invoice form to the sentence under it."""

from typing import Any

from babel.numbers import format_decimal
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm_invoicing.ui.templatetags.ui import reader_locale
from quickbooks_bridge.invoice_form.issues import FormIssue

register = template.Library()


@register.simple_tag
def tie(entry: FormIssue | None, field_id: str, hint: str = "") -> SafeString:
    """Return the attributes of a field: whether it is wrong, and the ids of the texts that describe it."""
    described = " ".join(part for part in (hint, f"{field_id}_error" if entry else "") if part)
    parts = [mark_safe(" data-sync")]
    if entry:
        parts.append(mark_safe(' aria-invalid="true"'))
    if described:
        parts.append(format_html(' aria-describedby="{}"', described))
    return SafeString("".join(parts))


@register.inclusion_tag("quickbooks/_field_error.html")
def says(entry: FormIssue | None, field_id: str) -> dict[str, Any]:
    """Draw the place under a field for what is wrong with it and the buttons that fix it."""
    return {"entry": entry, "field_id": field_id}


@register.filter
def words(text: str) -> list[str]:
    """Return the words of a text, to loop over."""
    return text.split()


@register.filter
def at(mapping: dict[str, Any], key: str) -> Any:
    """Return the value of a key that is itself a variable."""
    return mapping.get(key, "")


@register.filter
def thousands(count: int) -> str:
    """Write a count as the reader's language groups it: 1,206."""
    return str(format_decimal(count, locale=reader_locale()))
