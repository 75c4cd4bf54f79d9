"""System checks: a deployment that cannot work says so before it starts."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


def register_checks() -> None:
    """Register the checks; called once when the app starts."""
    register(token_keys)
    register(quickbooks_keys, deploy=True)


def token_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse token keys that encrypt nothing."""
    try:
        for key in settings.TOKEN_KEYS:
            Fernet(key.encode())
    except ValueError:
        hint = "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        return [Error("TOKEN_KEYS holds a key that is no Fernet key.", hint=hint, id="quickbooks.E001")]
    if not settings.TOKEN_KEYS:
        return [Error("TOKEN_KEYS is empty.", hint="Give at least one Fernet key.", id="quickbooks.E002")]
    return []


def quickbooks_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say that nobody can connect without the keys of an Intuit app."""
    if settings.QUICKBOOKS_CLIENT_ID and settings.QUICKBOOKS_CLIENT_SECRET:
        return []
    hint = "Set QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET; README tells where they come from."
    return [Warning("QuickBooks cannot be connected: its keys are missing.", hint=hint, id="quickbooks.W001")]
