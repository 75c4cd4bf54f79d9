"""What people paste: signs that nobody sees, and email addresses written in all the ways people write them."""

import re
import unicodedata
from email.utils import getaddresses

from email_validator import EmailNotValidError, validate_email

LONGEST_EMAIL = 100
# Zero-width spaces, direction marks and soft hyphens. Joiners stay: Persian and Hindi names are written with them.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_JOINERS = re.compile("[\u200c\u200d]")
_ENTRY = re.compile(r'(?:"[^"]*"|[^,;\r\n\t])+')


def is_digits(text: str, *, longest: int = 18) -> bool:
    """Return whether a text is a whole number of ASCII digits, at most so many.

    Other scripts have digits too, and superscripts count as digits that are no number.
    """
    return text.isascii() and text.isdigit() and len(text) <= longest


def visible(text: str) -> str:
    """Return a text without the signs that nobody sees."""
    return _UNSEEN.sub("", text)


def comparable(name: str) -> str:
    """Return what makes two names the same to a person: case, width, spaces and unseen signs do not count."""
    plain = _JOINERS.sub("", visible(unicodedata.normalize("NFKC", name)))
    return " ".join(plain.split()).casefold()


def email_address(text: str) -> str:
    """Return one address as it can be sent to QuickBooks, its domain in ASCII; "" for what is none."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return ""
    address = found.ascii_email or ""
    return address if len(address) <= LONGEST_EMAIL else ""


def is_email(text: str) -> bool:
    """Return whether `text` is one address that QuickBooks takes."""
    return bool(email_address(text))


def tidy_emails(text: str) -> str:
    """Return the addresses of a list as people write them, with commas between: names, separators and unseen signs go.

    What is no address stays as it was typed, so that it can be corrected.
    """
    parts = [part.strip() for part in _ENTRY.findall(visible(text))]
    found = []
    for part in filter(None, parts):
        pairs = getaddresses([part])
        named = pairs[0][1] if len(pairs) == 1 and "<" in part else part
        several = named.split()
        if len(several) > 1 and all(map(is_email, several)):
            found += [email_address(one) for one in several]
        else:
            found.append(email_address(named) or part)
    return ", ".join(dict.fromkeys(found))
