"""The last question before somebody is erased: a word that is typed, and the password once more."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.account.confirm import is_confirmed, password_is_right

WORD = gettext_lazy("erase")


class ConfirmForm(forms.Form):
    """Asks for the word, and for the password of who has one."""

    word = forms.CharField(
        label=gettext_lazy("Confirmation"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip

    def __init__(self, user: AbstractBaseUser, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        # Who has none proves it before, by passkey, code or single sign-on (account/confirm.py).
        if not user.has_usable_password():
            del self.fields["password"]
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
        if "password" in self.fields:
            return password_is_right(request, self.user, self)
        return is_confirmed(request, now=timezone.now())
