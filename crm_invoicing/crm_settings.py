"""Settings of other programs: what frames may show, the app at Pipedrive, and who vouches for people (OIDC)."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# The demo's page of another CRM; "" where there is none.
EXAMPLE_HOST_URL = os.environ.get("EXAMPLE_HOST_URL", "")
# What a frame in another CRM may ask for, and where each of its places begins: the address's name and how it names the
# deal, "" where it has none.
EMBED_PLACES = {
    "panel": ("deals:deal_detail", "pk"),
    "form": ("quickbooks:invoice_new", "deal_pk"),
    "all": ("quickbooks:all_invoices", "deal_pk"),
    "settings": ("quickbooks:settings", ""),
}
EMBED_ADDRESSES = frozenset(
    {
        *("deals:deal_detail", "deals:deal_log", "embed:continue_in_tab"),
        *(
            f"quickbooks:{name}"
            for name in (
                "invoice_new", "invoice_check", "tab", "sidebar", "refresh", "all_invoices", "export_csv", "links", "decline",
                "unlink_customer", "void", "delete", "send", "pdf", "invoice_history", "history_export", "pay_link",
                "alarm_checked", "unlink", "link", "check", "abandon", "dismiss", "customer_search", "item_search",
            )
        ),
    }
)  # fmt: skip
# A frame of the settings belongs to no deal and reaches none.
EMBED_SETTINGS_ADDRESSES = frozenset(
    {
        *("embed:continue_in_tab", "pipedrive:write_back"),
        *(
            f"quickbooks:{name}"
            for name in (
                "settings", "settings_choices", "preset_new", "preset_edit", "preset_delete", "preset_default",
            )
        ),
    }
)  # fmt: skip


# What a task that nobody took in time would do is done by the next one.
PIPEDRIVE_SCHEDULE = {
    "pipedrive-work": {"task": "deals.tasks.pipedrive_work", "schedule": 3.0, "options": {"expires": 6.0}},
    "pipedrive-write-back": {
        "task": "quickbooks_bridge.tasks.write_back.write_back",
        "schedule": 5.0,
        "options": {"expires": 10.0},
    },
    "pipedrive-care": {"task": "deals.tasks.pipedrive_care", "schedule": 3600.0},
}


# The rows of erasures are the work list; with none it is one statement.
CRM_SCHEDULE = {
    "erasures": {"task": "deals.tasks.erasures_work", "schedule": 5.0, "options": {"expires": 10.0}}
}


def pipedrive_settings(env: Any, base: Path) -> dict[str, Any]:
    """Return the settings of the app that is registered at Pipedrive; without an id there is none."""
    return {
        "PIPEDRIVE_CLIENT_ID": env.str("PIPEDRIVE_CLIENT_ID", default=""),
        "PIPEDRIVE_CLIENT_SECRET": env.str("PIPEDRIVE_CLIENT_SECRET", default=""),
        "PIPEDRIVE_OAUTH_URL": env.str("PIPEDRIVE_OAUTH_URL", default="https://oauth.pipedrive.com").rstrip(
            "/"
        ),
        # Tokens are sent nowhere else: a leading dot stands for all subdomains over https.
        "PIPEDRIVE_API_HOSTS": env.list("PIPEDRIVE_API_HOSTS", default=[".pipedrive.com"]),
        # Who may hold the pages that are made for Pipedrive's frames.
        "PIPEDRIVE_FRAMERS": env.list("PIPEDRIVE_FRAMERS", default=["https://*.pipedrive.com"]),
        # What is not registered there under these names cannot be opened as a dialog.
        "PIPEDRIVE_MODALS": {
            "form": env.str("PIPEDRIVE_FORM_MODAL", default="invoice-form"),
            "all": env.str("PIPEDRIVE_ALL_MODAL", default="all-invoices"),
        },
        # Where the vendor's script lies after installation (deals/pipedrive/sdk).
        "PIPEDRIVE_SDK_DIR": base / "deals/pipedrive/sdk/node_modules/@pipedrive/app-extensions-sdk/dist",
    }


@dataclass(frozen=True)
class OidcSettings:
    """The provider that vouches for people; without an issuer there is none. `is_only` closes passwords to all but owners."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    name: str = ""
    is_only: bool = False

    @property
    def is_on(self) -> bool:
        """Whether people can sign in by it."""
        return bool(self.issuer)


def is_safe_address(url: str) -> bool:
    """Return whether secrets may travel to an address: https, or this very machine."""
    parts = urlsplit(url)
    is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


def oidc_settings(env: Any) -> OidcSettings:
    """Return the provider of single sign-on; raises ImproperlyConfigured for one that cannot be meant."""
    found = OidcSettings(
        issuer=env.str("OIDC_ISSUER", default=""),
        client_id=env.str("OIDC_CLIENT_ID", default=""),
        client_secret=env.str("OIDC_CLIENT_SECRET", default=""),
        name=env.str("OIDC_NAME", default="") or "single sign-on",
        is_only=env.bool("OIDC_ONLY", default=False),
    )
    if found.issuer and not (found.client_id and is_safe_address(found.issuer)):
        raise ImproperlyConfigured("OIDC_ISSUER has to begin with https, and OIDC_CLIENT_ID belongs to it.")
    if found.is_only and not found.issuer:
        raise ImproperlyConfigured("OIDC_ONLY=1 would let nobody in: OIDC_ISSUER is empty.")
    return found
