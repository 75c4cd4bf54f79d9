"""Who is told of what, with the switches of the account."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from deals.models import Account
from quickbooks_bridge.models import Connection, InvoicingSettings
from quickbooks_bridge.services.connections.lifecycle import settings_for

SWITCHES = ("notify_disconnected", "notify_invoice_failed", "notify_sync_delayed")


@dataclass(frozen=True)
class Switch:
    """One kind of message: what it is about, who gets it, whether it is wanted."""

    key: str
    label: str
    who: str
    is_on: bool


@dataclass(frozen=True)
class NotificationSettings:
    """All switches, and what keeps messages from going out."""

    switches: list[Switch]
    note: str


def notification_settings(connection: Connection) -> NotificationSettings:
    """Return the account's switches."""
    kept = InvoicingSettings.objects.filter(account_id=connection.account_id).first() or InvoicingSettings()
    owner = connection.owner.name
    rows = [
        Switch(
            "notify_disconnected",
            _("The connection ends"),
            _("%(name)s, by email, at once") % {"name": owner},
            kept.notify_disconnected,
        ),
        Switch(
            "notify_invoice_failed",
            _("An invoice is refused after its form was left"),
            _("Its creator, by email"),
            kept.notify_invoice_failed,
        ),
        Switch(
            "notify_sync_delayed",
            _("Changes have not arrived for over 15 minutes"),
            _("Admins, by email, once each time"),
            kept.notify_sync_delayed,
        ),
    ]
    note = (
        ""
        if settings.EMAIL_HOST
        else _(
            "No mail server is set up: messages wait, and those younger than a week are sent once there is one."
        )
    )
    return NotificationSettings(rows, note)


def switch_set(account: Account, key: str, *, is_on: bool) -> bool:
    """Turn a kind of message on or off for the account; False when there is no such kind."""
    if key not in SWITCHES:
        return False
    kept = settings_for(account)
    InvoicingSettings.objects.filter(pk=kept.pk).update(**{key: is_on})
    return True
