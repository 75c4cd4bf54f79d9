"""What is said when a connection is not made: what happened, who needs to act, and the next step."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class ConnectionRefusal:
    """A refusal in words. `step` names the button: "connect", "other" (choose again), or "" for none."""

    title: Text
    text: Text
    responsible: Text = ""
    step: str = ""
    kind: str = "attention"

    def filled(self, params: Mapping[str, str]) -> "ConnectionRefusal":
        """Return it with the names of people and companies in place."""
        values = {**dict.fromkeys(("owner", "company", "chosen"), ""), **params}
        return ConnectionRefusal(
            str(self.title) % values,
            str(self.text) % values,
            str(self.responsible) % values,
            self.step,
            self.kind,
        )


YOURS = _("You")
OPERATOR = _("Whoever runs this installation")
NOTHING = _("Nothing was connected.")

REFUSALS: dict[str, ConnectionRefusal] = {
    "connect_needs_admin": ConnectionRefusal(
        _("Only an admin can connect QuickBooks"),
        _("Connecting decides for everybody in your company. Ask one of its admins. Nothing was connected."),
        _("An admin of your company"),
    ),
    "keys_missing": ConnectionRefusal(
        _("This installation has no QuickBooks keys yet"),
        _(
            "They come from Intuit's developer pages; the README says how, step by step. Nothing was connected."
        ),
        OPERATOR,
    ),
    "keys_refused": ConnectionRefusal(
        _("QuickBooks does not know this installation's keys"),
        _("Client ID and secret do not belong together, or were replaced at Intuit. Nothing was connected."),
        OPERATOR,
        kind="refused",
    ),
    "quickbooks_unreachable": ConnectionRefusal(
        _("QuickBooks is not answering"),
        _("Nothing was connected, and nothing here changed. Try again in a moment."),
        _("QuickBooks, then you"),
        "connect",
        kind="offline",
    ),
    "state_unknown": ConnectionRefusal(
        _("This answer was not asked for here"),
        _("It may have come from a link somebody sent, so it was not used. Nothing was connected."),
        YOURS,
        "connect",
        kind="refused",
    ),
    "state_used": ConnectionRefusal(
        _("This answer was already used"),
        _("That happens after Back or Reload. The first time counts, and nothing was done twice."),
        YOURS,
        "connect",
    ),
    "state_expired": ConnectionRefusal(
        _("That took longer than 15 minutes"),
        _("For safety an answer of QuickBooks is good for a quarter of an hour. Nothing was connected."),
        YOURS,
        "connect",
    ),
    "consent_refused": ConnectionRefusal(
        _("You chose not to connect"),
        _("Nothing was connected and nothing here changed. You can connect at any time."),
        step="connect",
        kind="info",
    ),
    "consent_incomplete": ConnectionRefusal(
        _("QuickBooks' answer named no company"),
        _("Choose a company on QuickBooks' page and press Connect there. Nothing was connected."),
        YOURS,
        "connect",
    ),
    "code_refused": ConnectionRefusal(
        _("QuickBooks no longer takes this answer"),
        _("An answer is good once and for a few minutes. Nothing was connected."),
        YOURS,
        "connect",
    ),
    "company_refused": ConnectionRefusal(
        _("QuickBooks did not confirm that company"),
        _(
            "It does not let you in with the sign-in you just gave, so nothing was connected and nothing here changed. "
            "Choose a company on QuickBooks' page that you are an admin of."
        ),
        YOURS,
        "connect",
        kind="refused",
    ),
    "company_unproven": ConnectionRefusal(
        _("QuickBooks could not be asked about that company"),
        _("Nothing was connected, and nothing here changed. Try again in a moment."),
        _("QuickBooks, then you"),
        "connect",
        kind="offline",
    ),
    "sign_in_first": ConnectionRefusal(
        _("You were signed out meanwhile"),
        _("QuickBooks' answer was not used, and nothing was connected. Press Connect once more."),
        YOURS,
        "connect",
    ),
    "already_connected": ConnectionRefusal(
        _("%(owner)s has already connected %(company)s"),
        _("Your company has one connection at a time. Nothing was changed; ask %(owner)s."),
        _("%(owner)s, who can disconnect or let you know"),
    ),
    "already_connected_meanwhile": ConnectionRefusal(
        _("Somebody else connected QuickBooks in the meantime"),
        _("Your company has one connection at a time. Nothing of theirs was changed."),
    ),
    "other_company": ConnectionRefusal(
        _("That is another QuickBooks company"),
        _("This account's links belong to %(company)s. Choose that one. Nothing was connected."),
        YOURS,
        "other",
        kind="refused",
    ),
    "disconnect_needs_owner": ConnectionRefusal(
        _("You cannot end this connection"),
        _("%(owner)s or an admin of your company can. Nothing was changed."),
        _("%(owner)s, or an admin"),
    ),
    "settings_need_admin": ConnectionRefusal(
        _("Only an admin changes these settings"),
        _("They decide for everybody in your company. Nothing was changed."),
        _("An admin of your company"),
    ),
}


def refusal_for(code: str, params: Mapping[str, str]) -> ConnectionRefusal | None:
    """Return the notice of a code in the reader's language; None for a code nobody gives."""
    found = REFUSALS.get(code)
    return found.filled(params) if found else None
