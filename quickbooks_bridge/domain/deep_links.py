"""Addresses of QuickBooks' own pages that survive signing in and a company switch (the login form of the link)."""

from urllib.parse import quote


def web_url(environment: str, override: str = "") -> str:
    """Return the base of QuickBooks' web pages for an environment name."""
    if override:
        return override.rstrip("/")
    return "https://qbo.intuit.com" if environment == "production" else "https://sandbox.qbo.intuit.com"


def invoice_link(base: str, *, realm_id: str, qbo_id: str) -> str:
    """Return the address of one invoice in one company."""
    return _login(base, realm_id, f"invoice?txnId={qbo_id}")


def customer_link(base: str, *, realm_id: str, qbo_id: str) -> str:
    """Return the address of one customer in one company."""
    return _login(base, realm_id, f"customerdetail?nameId={qbo_id}")


def company_link(base: str, *, realm_id: str) -> str:
    """Return the address of a company's start page."""
    return _login(base, realm_id, "homepage")


def _login(base: str, realm_id: str, page: str) -> str:
    return f"{base}/login?deeplinkcompanyid={quote(realm_id, safe='')}&pagereq={quote(page, safe='')}"
