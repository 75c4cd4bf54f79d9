"""The last question before somebody is erased: a word that is typed, and the password once more."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.account import factors
from deals.auth_backends import address_of
from deals.sign_in_limits import sign_in_begins, sign_in_worked

WORD = gettext_lazy("erase")


class ConfirmForm(forms.Form):
    """Asks for the word, and for the password or, of who has none, a code of the second factor."""

    word = forms.CharField(
        label=gettext_lazy("Confirmation"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    code = forms.CharField(
        label=gettext_lazy("Code of your second factor"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, user: AbstractBaseUser, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        del self.fields["code" if user.has_usable_password() else "password"]
        self.fields["word"].help_text = _("Type “%(word)s”.") % {"word": WORD}

    def clean_word(self) -> str:
        """Return the word; raises ValidationError for any other."""
        word = str(self.cleaned_data["word"]).strip()
        if word.casefold() not in {str(WORD).casefold(), "erase"}:
            raise forms.ValidationError(
                _("Type “%(word)s”, so that nobody is erased by a slip.") % {"word": WORD}
            )
        return word

    def is_them(self, request: HttpRequest) -> bool:
        """Return whether it is who is signed in; tries are limited as at the door."""
        user: Any = self.user
        name, address, now = user.get_username(), address_of(request), timezone.now()
        field = "password" if "password" in self.fields else "code"
        if not sign_in_begins(name, address, now=now):
            self.add_error(field, _("Too many tries in a row. Wait a little."))
            return False
        given = self.cleaned_data[field]
        is_right = (
            user.check_password(given) if field == "password" else factors.code_accept(user, given, now=now)
        )
        if is_right:
            sign_in_worked(name, address)
            return True
        self.add_error(
            field,
            _("This is not your password.")
            if field == "password"
            else _("That code does not fit, or was used already. Take the newest one of the app."),
        )
        return False
