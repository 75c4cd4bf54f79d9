"""The form of sending an invoice; the invoice form has a package of its own."""

from django import forms
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.preflight import is_email
from quickbooks_bridge.domain.problems import Problem

from .wording import problem_text


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
