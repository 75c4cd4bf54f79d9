"""What a person is notified of, and when: the form in My account."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deals.models import Member, NotificationChoices
from deals.notification_choices import TOPICS, choices_of, next_digest, zone_of


def _hours() -> list[tuple[str, str]]:
    return [(str(hour), time_format(datetime(2000, 1, 1, hour), "TIME_FORMAT")) for hour in range(24)]  # noqa: DTZ001


class NotificationsForm(forms.Form):
    """Topics, quiet hours and the digest; hours are of the person's own time zone."""

    wants_email = forms.BooleanField(label=gettext_lazy("Mail me when something needs me"), required=False)
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("About"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(TOPICS.items()),
    )
    quiet_from = forms.ChoiceField(label=gettext_lazy("From"), required=False)
    quiet_until = forms.ChoiceField(label=gettext_lazy("Until"), required=False)
    is_quiet_at_weekends = forms.BooleanField(label=gettext_lazy("And all weekend"), required=False)
    digest = forms.ChoiceField(
        label=gettext_lazy("Digest of what is open"),
        required=False,
        choices=NotificationChoices.Digest.choices,
    )
    digest_hour = forms.ChoiceField(label=gettext_lazy("At"))

    def __init__(self, member: Member, data: Any = None) -> None:
        choices = choices_of(member)
        super().__init__(
            data,
            initial={
                "wants_email": member.wants_email,
                "topics": [key for key in TOPICS if key not in choices.muted],
                "quiet_from": "" if choices.quiet_from is None else str(choices.quiet_from),
                "quiet_until": "" if choices.quiet_until is None else str(choices.quiet_until),
                "is_quiet_at_weekends": choices.is_quiet_at_weekends,
                "digest": choices.digest,
                "digest_hour": str(choices.digest_hour),
            },
        )
        hours = _hours()
        never = [("", _("Never"))]
        self.fields["quiet_from"].choices = self.fields["quiet_until"].choices = [*never, *hours]  # type: ignore[attr-defined]
        self.fields["digest_hour"].choices = hours  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Return the values; quiet hours have a beginning and an end, or neither."""
        values = super().clean() or {}
        begin, end = values.get("quiet_from", ""), values.get("quiet_until", "")
        if bool(begin) != bool(end):
            missing = "quiet_until" if begin else "quiet_from"
            self.add_error(
                missing, _("Quiet hours need a beginning and an end. Choose both, or Never twice.")
            )
        elif begin and begin == end:
            self.add_error(
                "quiet_until", _("These hours begin and end at the same time. Choose another end.")
            )
        return values


def choices_save(member: Member, values: dict[str, Any], *, now: datetime) -> None:
    """Keep a member's choices and plan their next digest."""
    choices = choices_of(member)
    choices.muted = [key for key in TOPICS if key not in values["topics"]]
    choices.quiet_from = int(values["quiet_from"]) if values["quiet_from"] else None
    choices.quiet_until = int(values["quiet_until"]) if values["quiet_until"] else None
    choices.is_quiet_at_weekends = values["is_quiet_at_weekends"]
    choices.digest = values["digest"]
    choices.digest_hour = int(values["digest_hour"])
    choices.next_digest_at = next_digest(choices, zone_of(member), now=now)
    choices.save()
    Member.objects.filter(pk=member.pk).update(wants_email=values["wants_email"])


def digest_replan(member: Member, *, now: datetime) -> None:
    """Plan the next digest anew: the member's time zone is another."""
    choices = choices_of(member)
    if choices.pk:
        choices.next_digest_at = next_digest(choices, zone_of(member), now=now)
        choices.save(update_fields=["next_digest_at"])
