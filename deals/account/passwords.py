"""Passwords that anybody would guess who knows what this program is."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = (
    "crm",
    "invoicing",
    "invoices",
    "invoice",
    "quickbooks",
    "pipedrive",
    "intuit",
    "password",
    "passord",
)
# So many letters have to be left when the words of here are taken out.
FEWEST = 6


class WordsOfHereValidator:
    """Refuses a password that is little more than words of this program, its person and their company."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is made of words of here."""
        member = getattr(user, "member", None)
        own = (user.get_username(), user.email, member.account.name if member else "") if user else ()
        words = {*WORDS, *(part for text in own for part in re.findall(r"[^\W\d_]{3,}", text.casefold()))}
        left = password.casefold()
        for word in sorted(words, key=len, reverse=True):
            left = left.replace(word, "")
        # Digits and signs around such a word are what is tried first.
        if len(re.findall(r"[^\W\d_]", left)) < FEWEST and left != password.casefold():
            raise ValidationError(
                _(
                    "This is little more than the name of this program, of you or of your company. Use other words."
                ),
                code="words_of_here",
            )

    def get_help_text(self) -> str:
        """Return nothing: the forms say what a password needs."""
        return ""
