"""The link under which a customer pays an invoice, shown to those who ask for it."""

from __future__ import annotations

import hashlib

from qbo_emulator.core.field_values import stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc


def shown(url: str, company: Company, invoice: Row) -> Doc:
    """The invoice with its InvoiceLink, where online payment is on, an email is known and money is due."""
    data = invoice.data
    online = data.get("AllowOnlineCreditCardPayment") or data.get("AllowOnlineACHPayment")
    if not online or not (data.get("BillEmail") or {}).get("Address") or not stored(data.get("TotalAmt")):
        return data
    # A customer's link is no secret of this process, only the same on every read.
    key = hashlib.sha256(f"{company.realm_id} {invoice.qbo_id}".encode()).hexdigest()[:40]
    return {**data, "InvoiceLink": f"{url}/t/scs-v1-{key}?locale={company.profile.country}"}
