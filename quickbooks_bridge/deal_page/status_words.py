"""Both axes of an invoice's status in words: lateness has the flag, settlement is said beside it."""

from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import flag_label, percent


def status_words(status: str, share: int) -> str:
    """Return the flag's word with the paid share in percent where some but not all is paid: "Overdue, 40% paid"."""
    word = flag_label(status)
    if not 0 < share < 100:
        return word
    return _("%(status)s, %(share)s paid") % {"status": word, "share": percent(share)}
