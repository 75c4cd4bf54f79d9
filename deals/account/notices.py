"""Mail to a person whose way in was changed, so that a change by somebody else is noticed."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from deals.mail import mail_send


def _sentences() -> dict[str, str]:
    return {
        "password": _("Your password was changed."),
        "factor.on": _("An authenticator app is asked for when you sign in."),
        "factor.off": _("The authenticator app is no longer asked for when you sign in."),
        "codes": _("New recovery codes were made; the old ones open nothing any more."),
        "passkey.added": _("A passkey was added."),
        "passkey.removed": _("A passkey was removed."),
        "identity.linked": _("Your account was linked with single sign-on."),
        "identity.removed": _("Your account is no longer linked with single sign-on."),
        "address": _("Your mail address was changed. Mail goes to the new one from now on."),
    }


def notice_send(user: Any, kind: str, *, address: str = "") -> None:
    """Write to a user, or to the address that was theirs, what was changed; without an address nobody is written to."""
    to = address or user.email
    if not to:
        return
    language = getattr(getattr(user, "member", None), "language", "") or translation.get_language()
    with translation.override(language):
        mail_send(
            to,
            _("How you sign in to CRM invoicing was changed"),
            "\n\n".join(
                (
                    _sentences()[kind],
                    _(
                        "If this was you, nothing needs to be done. If not: sign in, choose a new password, sign out "
                        "everywhere else, and speak to an admin of your company."
                    ),
                )
            ),
            "/account/",
            language=language or "",
        )
