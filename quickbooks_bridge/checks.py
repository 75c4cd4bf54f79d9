"""System checks: a deployment that cannot work, or would leak, says so before it starts."""

import os
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


def register_checks() -> None:
    """Register the checks; called once when the app starts."""
    register(token_keys)
    register(environment)
    register(production_transport)
    register(quickbooks_keys, deploy=True)


def token_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse token keys that encrypt nothing."""
    hint = "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    if not settings.TOKEN_ENCRYPTION_KEYS:
        return [Error("TOKEN_ENCRYPTION_KEYS is empty.", hint=hint, id="quickbooks.E002")]
    try:
        for key in settings.TOKEN_ENCRYPTION_KEYS:
            Fernet(key.encode())
    except ValueError:
        return [
            Error("TOKEN_ENCRYPTION_KEYS holds a key that is no Fernet key.", hint=hint, id="quickbooks.E001")
        ]
    return []


def environment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an environment that is neither of Intuit's two, and a discovery document that has no address."""
    errors: list[CheckMessage] = []
    given, discovery = settings.QUICKBOOKS_ENVIRONMENT, settings.QUICKBOOKS_DISCOVERY_URL
    if given not in {"sandbox", "production"}:
        hint = "It is sandbox or production; the address of a discovery document is QUICKBOOKS_DISCOVERY_URL."
        errors.append(Error(f"QUICKBOOKS_ENVIRONMENT is {given!r}.", hint=hint, id="quickbooks.E003"))
    if discovery and urlsplit(discovery).scheme not in {"http", "https"}:
        hint = "It is an address, or empty for Intuit's own."
        errors.append(Error(f"QUICKBOOKS_DISCOVERY_URL is {discovery!r}.", hint=hint, id="quickbooks.E006"))
    return errors


def production_transport(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to send production tokens in the clear."""
    if settings.QUICKBOOKS_ENVIRONMENT != "production":
        return []
    clear = [
        name
        for name in ("QUICKBOOKS_API_URL", "QUICKBOOKS_WEB_URL", "PUBLIC_URL")
        if urlsplit(getattr(settings, name)).scheme == "http"
    ]
    if os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"):
        clear.append("OAUTHLIB_INSECURE_TRANSPORT")
    return [
        Error(
            f"{name} lets QuickBooks' production tokens or invoices travel unencrypted.",
            hint="Use https, or leave the variable out.",
            id="quickbooks.E004",
        )
        for name in clear
    ]


def quickbooks_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Say that nobody can connect without the keys of an Intuit app."""
    if settings.QUICKBOOKS_CLIENT_ID and settings.QUICKBOOKS_CLIENT_SECRET:
        return []
    hint = "Set QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET; README tells where they come from."
    return [Warning("QuickBooks cannot be connected: its keys are missing.", hint=hint, id="quickbooks.W001")]
