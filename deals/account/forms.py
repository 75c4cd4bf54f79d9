"""Forms of a person's own account."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from deals.models import Member


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, language, time zone."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = Member
        fields = ["name", "language", "time_zone"]
        labels = {"name": _("Name")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [(code, name) for code, name in settings.LANGUAGES]
        self.fields["language"].choices = [("", _("As the browser says")), *languages]  # type: ignore[attr-defined]
        zones = sorted(
            zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "SystemV"))
        )
        of_company = _("The company’s: %(zone)s") % {"zone": self.instance.account.time_zone}
        self.fields["time_zone"].choices = [("", of_company), *((zone, zone) for zone in zones)]  # type: ignore[attr-defined]


class NewPasswordForm(PasswordChangeForm):
    """Django's own, in fewer words."""

    def __init__(self, user: Any, data: Any = None) -> None:
        super().__init__(user, data)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["old_password"].label = _("Your password now")
        self.fields["new_password1"].help_text = _("At least 12 characters; a sentence is good.")
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""


class ResetForm(PasswordResetForm):
    """Django's own; the mail is in the language of whoever it goes to, where that is known."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send the mail; the third argument of Django's is its context, which has the user."""
        context = kwargs.get("context") or args[2]
        language = getattr(getattr(context["user"], "member", None), "language", "")
        known = language if language in dict(settings.LANGUAGES) else translation.get_language()
        with translation.override(known):
            super().send_mail(*args, **kwargs)


class EmailForm(forms.Form):
    """A new mail address, and the password of who has one."""

    email = forms.EmailField(label=_("Email"), max_length=254)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.has_usable_password():
            self.fields["password"] = forms.CharField(
                label=_("Your password"), strip=False, max_length=200,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "id": "id_email_password"}),
            )  # fmt: skip


class CodeForm(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class RecoveryForm(forms.Form):
    """The password once more, before the second factor is changed."""

    password = forms.CharField(
        label=_("Your password"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


class PasskeyForm(forms.Form):
    """A new passkey: what its owner calls it, and what the browser made of it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("By which you know it again, for example the device it is on."),
    )
    credential = forms.CharField(
        label=_("Passkeys"), widget=forms.HiddenInput, required=False, max_length=20_000
    )
