"""Every read and write of an entity: checks all kinds share, the rules of the kind, then the effects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qbo_emulator.core import credits, ledger
from qbo_emulator.core.clock import pacific
from qbo_emulator.core.field_values import home_amounts, reference_id
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write, check_email, check_properties, check_values
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.entities.currency import activate
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc, encode


@dataclass(frozen=True)
class Options:
    """How a write is meant: by whom, and what the caller allows."""

    via_ui: bool = False
    duplicate_number_allowed: bool = False
    # Whether no event tells of it.
    quiet: bool = False


# The year from which rows have what 2024 and 2025 added.
RECENT = 2024
API = Options()
PAGE = Options(via_ui=True, duplicate_number_allowed=True)


def row_id(value: Any) -> str:
    """An id as text (2030 when it is no whole number; the US codes TAX and NON are ids too)."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()) and text not in {"TAX", "NON"}:
        raise errors.invalid_id(value)
    return text


def read(company: Company, kind: EntityType, qbo_id: Any) -> Row:
    """The row (610 when there is none)."""
    wanted = row_id(qbo_id)
    row = company.row(kind.name, wanted)
    if row is None:
        gone = wanted in company.table(kind.name).deleted
        raise errors.transaction_deleted() if gone else errors.not_found()
    return row


def current(company: Company, kind: EntityType, body: Doc, *, via_ui: bool = False) -> Row:
    """The row a write is about, when its sync token is the one sent (5010 when it is not)."""
    if body.get("Id") in (None, ""):
        raise errors.required("Id")
    row = read(company, kind, body["Id"])
    if via_ui:
        return row
    if body.get("SyncToken") in (None, ""):
        raise errors.required("SyncToken")
    if str(body["SyncToken"]) != row.data["SyncToken"]:
        raise errors.stale(company.profile.user)
    return row


def save(company: Company, kind: EntityType, body: Doc, now: datetime, options: Options = API) -> Row:
    """Create the object, or update it when the body names an Id."""
    check_properties(kind, body)
    update = body.get("Id") not in (None, "", 0, "0") and kind.family is not Family.SINGLETON
    before = current(company, kind, body, via_ui=options.via_ui) if update else None
    if kind.family is Family.SINGLETON:
        body = {**body, "Id": "1"}
        before = current(company, kind, body, via_ui=options.via_ui)
    if before is None and "create" not in kind.operations:
        raise errors.unsupported(f"/v3/company/{company.realm_id}/{kind.segment}")
    if before is not None and "update" not in kind.operations:
        raise errors.unsupported(f"/v3/company/{company.realm_id}/{kind.segment}")
    asked_sparse = str(body.get("sparse")).lower() == "true"
    sparse = before is not None and (asked_sparse or options.via_ui)
    sent = sent_properties(body, clearing=sparse)
    if before is not None:
        # Whoever corrects the object heals it.
        company.unserved.discard((kind.name, before.qbo_id))
    if not sparse:
        for name in kind.required:
            if sent.get(name) in (None, []):
                raise errors.required(name)
    check_values(kind, sent)
    write = Write(
        company=company,
        kind=kind,
        sent=sent,
        before=before,
        now=now,
        sparse=sparse,
        via_ui=options.via_ui,
        duplicate_number_allowed=options.duplicate_number_allowed,
    )
    prepared = kind.prepare(write)
    if before is not None and not options.via_ui and _changes_nothing(write, before, prepared):
        return before
    return _commit(write, prepared, quiet=options.quiet)


def _changes_nothing(write: Write, before: Row, prepared: Doc) -> bool:
    """Whether an update would store what is stored already: then token and time stay as they are."""
    fixed = {name: before.data.get(name) for name in ("domain", "sparse", "Id", "SyncToken", "MetaData")}
    shown = with_recent_properties(write.company, write.kind, {**prepared, **fixed})
    return encode(write.kind.arrange(shown)) == before.text


def with_recent_properties(company: Company, kind: EntityType, data: Doc) -> Doc:
    """The properties with those that rows of names have had since 2024."""
    if kind.family is not Family.NAME or company.switches.rows_as_of < RECENT:
        return data
    more: Doc = {"IsProject": False, "ClientEntityId": "0"} if kind.name == "Customer" else {}
    digest = hashlib.md5(f"{company.realm_id} {data['Id']}".encode(), usedforsecurity=False).hexdigest()
    return {**data, **more, "V4IDPseudonym": f"002098{digest}"}


def sent_properties(body: Doc, *, clearing: bool) -> Doc:
    """The properties that were really sent: an empty text is nothing, in a sparse update it clears."""
    given: Doc = {}
    for name, value in body.items():
        if name in {"Id", "SyncToken", "MetaData", "domain", "sparse", "status"}:
            continue
        if value is None or value == "":
            if clearing:
                given[name] = None
            continue
        given[name] = value
    return given


def _commit(write: Write, prepared: Doc, *, quiet: bool = False) -> Row:
    """Store what the rules prepared and let it have its effects; nothing in here may refuse."""
    company, kind, before, now = write.company, write.kind, write.before, write.now
    if before is None:
        identity = company.next_id(kind.sequence or kind.name)
        token, created = "0", pacific(now)
    else:
        identity = before.qbo_id
        token = str(int(before.data["SyncToken"]) + 1)
        created = before.data["MetaData"]["CreateTime"]
    times: Doc = {"CreateTime": created, "LastUpdatedTime": pacific(now)}
    if kind.family is Family.TRANSACTION and company.switches.rows_as_of >= RECENT:
        times = {"CreateTime": created, "LastModifiedByRef": {"value": company.user_id}, **times}
    data = {
        **prepared,
        "domain": "QBO",
        "sparse": False,
        "Id": identity,
        "SyncToken": token,
        "MetaData": times,
    }
    data = with_recent_properties(company, kind, data)
    after = company.put(kind.name, kind.arrange(data), now)
    if not quiet:
        company.emit(after, "Create" if before is None else "Update", now)
    _have_effects(company, before, after, now)
    stored_row = company.row(kind.name, identity)
    assert stored_row is not None
    return stored_row


def _have_effects(company: Company, before: Row | None, after: Row | None, now: datetime) -> None:
    row = after or before
    if row is None:
        return
    kind = ENTITY_TYPES[row.kind]
    if before is None and row.kind in {"Customer", "Vendor"}:
        activate(company, str(reference_id(row.data.get("CurrencyRef"))), now)
    if kind.family is Family.TRANSACTION:
        ledger.move_balances(company, before, after, now)
    if kind.effect is not None:
        kind.effect(company, before, after, now)
    if row.kind == "Invoice" and before is None:
        credits.apply_by_itself(company, row, now)


def remove(company: Company, kind: EntityType, body: Doc, now: datetime, options: Options = API) -> Doc:
    """Delete a transaction; gives the stub that is answered."""
    if "delete" not in kind.operations:
        raise errors.unsupported(f"/v3/company/{company.realm_id}/{kind.segment}")
    row = current(company, kind, body, via_ui=options.via_ui or not kind.token_to_delete)
    _check_free(company, row, options)
    if row.kind in ledger.SETTLED_KINDS:
        ledger.unapply(company, row.qbo_id, now)
        row = read(company, kind, row.qbo_id)
    company.own(kind.name).remove(row, now)
    company.revision += 1
    company.emit(row, "Delete", now)
    _have_effects(company, row, None, now)
    return {"domain": "QBO", "status": "Deleted", "Id": row.qbo_id}


def _check_free(company: Company, row: Row, options: Options) -> None:
    """Refuse to change what a bank deposit or closed books hold fast."""
    if options.via_ui:
        return
    ledger.check_books_open(company, row.data.get("TxnDate"))
    if ledger.is_deposited(row.data):
        raise errors.deposited()
    payments = ledger.payments_of(company, row.qbo_id) if row.kind in ledger.SETTLED_KINDS else []
    if any(ledger.is_deposited(payment.data) for payment in payments):
        raise errors.deposited()


def void(company: Company, kind: EntityType, body: Doc, now: datetime, options: Options = API) -> Row:
    """Void a transaction: all amounts zero, the note says so, everything else stays."""
    if "void" not in kind.operations:
        raise errors.unsupported(f"/v3/company/{company.realm_id}/{kind.segment}")
    row = current(company, kind, body, via_ui=options.via_ui)
    _check_free(company, row, options)
    if row.kind in ledger.SETTLED_KINDS and ledger.payments_of(company, row.qbo_id):
        if not options.via_ui:
            raise errors.void_settled()
        ledger.unapply(company, row.qbo_id, now)
        row = read(company, kind, row.qbo_id)
    keeps_price = company.switches.rows_as_of < RECENT
    after = company.rewrite(row, _voided(row.data, kind, keeps_price=keeps_price), now)
    company.emit(after, "Void", now)
    _have_effects(company, row, after, now)
    return after


def _voided(data: Doc, kind: EntityType, *, keeps_price: bool) -> Doc:
    note = data.get("PrivateNote")
    if note and not note.startswith("Voided"):
        note = f"Voided - {note}"
    changes: Doc = {"TotalAmt": 0, "PrivateNote": note or "Voided"}
    if kind.name == "BillPayment":
        return changes | {"Line": []}
    if kind.name == "Payment":
        return changes | {"LinkedTxn": [], "UnappliedAmt": 0, "Line": []}
    changes["LinkedTxn"] = [] if "LinkedTxn" in data or kind.name == "Invoice" else None
    changes |= {
        "TxnTaxDetail": {"TotalTax": 0},
        "Line": [_zeroed(line, keeps_price=keeps_price) for line in data["Line"]],
    }
    for name in ("Balance", "Deposit", "RemainingCredit"):
        if name in data:
            changes[name] = 0
    return changes | home_amounts({**data, **changes})


def _zeroed(line: Doc, *, keeps_price: bool) -> Doc:
    """A line of a voided form: all its numbers zero; as of 2024 it has no unit price at all."""
    zeroed = dict(line)
    if "Amount" in zeroed:
        zeroed["Amount"] = 0
    detail = zeroed.get("SalesItemLineDetail")
    if detail is not None:
        numbers = {"Qty", "UnitPrice", "TaxInclusiveAmt"}
        zeroed["SalesItemLineDetail"] = {
            name: 0 if name in numbers else value
            for name, value in detail.items()
            if keeps_price or name != "UnitPrice"
        }
    group = zeroed.get("GroupLineDetail")
    if group is not None:
        zeroed["GroupLineDetail"] = {
            **group,
            "Line": [_zeroed(part, keeps_price=keeps_price) for part in group.get("Line", [])],
        }
    return zeroed


def send(company: Company, kind: EntityType, qbo_id: Any, send_to: str | None, now: datetime) -> Row:
    """Mark a transaction as sent by email; an address given becomes its BillEmail (6420 without any)."""
    if "send" not in kind.operations:
        raise errors.unsupported(f"/v3/company/{company.realm_id}/{kind.segment}/{qbo_id}/send")
    row = read(company, kind, qbo_id)
    changes: Doc = {}
    if send_to:
        check_email(kind.email or "sendTo", {"Address": send_to})
    elif not row.data.get(kind.email, {}).get("Address"):
        raise errors.email_missing()
    if "EmailStatus" in kind.order:
        changes["EmailStatus"] = "EmailSent"
    if "DeliveryInfo" in kind.order:
        changes["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": pacific(now)}
    if send_to and kind.email:
        changes[kind.email] = {"Address": send_to}
    after = company.rewrite(row, changes, now)
    company.emit(after, "Emailed", now)
    return after


def deposit(company: Company, payment: Row, now: datetime) -> Row:
    """Put a payment on a bank deposit of its own, which holds it and what it settles fast."""
    body = {
        "DepositToAccountRef": {"value": _bank(company)},
        "Line": [{"Amount": payment.data["TotalAmt"], "LinkedTxn": [link_to(payment)]}],
    }
    save(company, ENTITY_TYPES["Deposit"], body, now, PAGE)
    return read(company, ENTITY_TYPES[payment.kind], payment.qbo_id)


def _bank(company: Company) -> str:
    """The id of the company's first bank account."""
    accounts = company.table("Account").by_id()
    return next(row.qbo_id for row in accounts if row.data["AccountType"] == "Bank")


def link_to(row: Row) -> Doc:
    return {"TxnId": row.qbo_id, "TxnType": row.kind, "TxnLineId": "0"}


def customer_of(company: Company, row: Row) -> Row | None:
    """The customer of a transaction."""
    qbo_id = reference_id(row.data.get("CustomerRef"))
    return company.row("Customer", qbo_id) if qbo_id else None
