"""The form of sending an invoice; the invoice form has a package of its own."""

from django import forms
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.problems import Problem
from quickbooks_bridge.domain.texts import LONGEST_EMAIL, is_email, tidy_emails
from quickbooks_bridge.messages.problems import problem_text


class SendForm(forms.Form):
    """To whom QuickBooks mails an invoice."""

    to = forms.CharField(label=_("To"), max_length=400)

    def clean_to(self) -> str:
        """Take one address, or several with commas between."""
        addresses = tidy_emails(str(self.cleaned_data["to"])).split(", ")
        text = ",".join(addresses)
        if not all(map(is_email, addresses)) or len(text) > LONGEST_EMAIL:
            raise forms.ValidationError(problem_text(Problem(ProblemCode.EMAIL_BAD)))
        return text
