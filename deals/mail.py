"""Mail to one person, in their language; whether it went out is said, never raised."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation

logger = logging.getLogger(__name__)


def mail_is_set_up() -> bool:
    """Return whether this installation can send mail at all."""
    return not settings.EMAIL_BACKEND.endswith(("dummy.EmailBackend", "console.EmailBackend"))


def mail_send(address: str, subject: str, text: str, path: str, *, language: str = "") -> str:
    """Send a mail that leads to a page of ours; returns "" or why it could not be sent: "not_set_up", "failed".

    The address itself is never logged.
    """
    if not mail_is_set_up():
        return "not_set_up"
    with translation.override(language or translation.get_language()):
        body = f"{text}\n\n{settings.PUBLIC_URL}{path}\n"
        message = EmailMessage(" ".join(subject.split()), body, to=[address])
    try:
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        logger.warning("mail not sent", extra={"error": type(error).__name__})
        return "failed"
    return ""
