"""Forms about people: invitation, joining, rights."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from deals.models import Deal, Member

MOST_CHOSEN = 200


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("Email"), max_length=150)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role.choices, initial=Member.Role.REP)
    language = forms.ChoiceField(
        label=_("Language of the mail"), choices=settings.LANGUAGES, initial=get_language, required=False
    )


class PasswordMixin(forms.Form):
    """A new password that is long enough and not one of the common ones."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; a sentence is good."),
    )

    def clean_password(self) -> str:
        """Return the password; raises ValidationError for a weak one."""
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


class JoinForm(PasswordMixin):
    """Who somebody is who follows an invitation."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["name", "password"]


class FirstForm(JoinForm):
    """The first company of an installation, and its owner."""

    company = forms.CharField(
        label=_("Company"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    email = forms.EmailField(
        label=_("Email"), max_length=150, help_text=_("You sign in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Setup code"), max_length=100, help_text=_("It stands where this installation was started.")
    )
    field_order = ["code", "company", "name", "email", "password"]


class RightsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a member may do."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    deals = forms.CharField(
        label=_("Chosen deals"),
        required=False,
        max_length=4000,
        help_text=_("Numbers of deals as they stand in their addresses, with commas between."),
    )

    class Meta:
        model = Member
        fields = ["role", "may_view", "may_create", "may_void", "deals_seen"]
        labels = {"role": _("Role"), "deals_seen": _("Deals")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        shared = self.instance.shared_deals.order_by("deal").values_list("deal", flat=True)
        self.fields["deals"].initial = ", ".join(str(pk) for pk in shared)

    def clean_deals(self) -> list[int]:
        """Return the keys of the chosen deals; raises ValidationError for one that is none of the account's."""
        texts = [part.strip().lstrip("#") for part in self.cleaned_data["deals"].split(",") if part.strip()]
        keys = {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 18}
        found = set(
            Deal.objects.filter(account=self.instance.account, pk__in=keys).values_list("pk", flat=True)
        )
        if len(keys) != len(set(texts)) or keys - found or len(keys) > MOST_CHOSEN:
            raise forms.ValidationError(_("Each has to be the number of a deal of yours."))
        return sorted(found)
