"""Customers as they are sent to QuickBooks: a new one whole, a known one by the fields that change."""

from dataclasses import dataclass
from typing import Any

from .address import Address, parse_address, physical_address
from .company_profile import PayloadProfile
from .customer_diff import ADDRESS_PARTS, merged_address
from .draft import InvoiceDraft
from .payloads import safe_display_name


@dataclass(frozen=True)
class KnownCustomer:
    """A customer that is updated: its version and its addresses as QuickBooks has them, None where it has none."""

    qbo_id: str
    sync_token: int
    billing: Address
    shipping: Address | None = None


def customer_create_payload(draft: InvoiceDraft, *, profile: PayloadProfile) -> dict[str, Any]:
    """Return the body of POST /customer for the draft's new customer."""
    payload: dict[str, Any] = {"DisplayName": safe_display_name(draft.customer.new_display_name)}
    address = physical_address(parse_address(draft.address, profile.country))
    if address:
        payload |= {"BillAddr": address, "ShipAddr": address}
    payload |= _plain_fields(draft, frozenset({"email", "tax_id"}), profile)
    if profile.is_multicurrency:
        payload["CurrencyRef"] = {"value": draft.currency}
    return payload


def customer_update_payload(
    draft: InvoiceDraft, known: KnownCustomer, fields: frozenset[str], *, profile: PayloadProfile
) -> dict[str, Any]:
    """Return a sparse update that overwrites the named parts (customer_diff.CUSTOMER_PARTS) and nothing else.

    Goods that went to the billing address go to the new one, too.
    """
    payload: dict[str, Any] = {"Id": known.qbo_id, "SyncToken": str(known.sync_token), "sparse": True}
    if fields & set(ADDRESS_PARTS):
        written = parse_address(draft.address, profile.country)
        address = physical_address(merged_address(known.billing, written, fields))
        payload["BillAddr"] = address
        if known.shipping is None or known.shipping == known.billing:
            payload["ShipAddr"] = address
    return payload | _plain_fields(draft, fields, profile)


def _plain_fields(draft: InvoiceDraft, fields: frozenset[str], profile: PayloadProfile) -> dict[str, Any]:
    """Return email and tax id, those without a value left out; the tax id goes where the company keeps it."""
    written: dict[str, Any] = {}
    if "email" in fields and draft.email:
        written["PrimaryEmailAddr"] = {"Address": draft.email}
    if "tax_id" in fields and draft.tax_id and profile.tax_id_field:
        written[profile.tax_id_field] = draft.tax_id
    return written
