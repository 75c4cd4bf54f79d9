"""What a person does in QuickBooks' own pages, and the switches of the emulator itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from qbo_emulator.core import ledger
from qbo_emulator.core.clock import moment
from qbo_emulator.core.field_values import amount_out, number_in, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family
from qbo_emulator.core.store import Change, Company
from qbo_emulator.core.webhooks import WebhookSettings
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.json_codec import Doc
from qbo_emulator.operations import engine
from qbo_emulator.operations.merging import merge_customers
from qbo_emulator.seed.history import same_money
from qbo_emulator.seed.places import open_places
from qbo_emulator.world import World

# Where the preferences that are changed often live.
PLAIN_PREFERENCES = {
    "BookCloseDate": "AccountingInfoPrefs",
    "CustomTxnNumbers": "SalesFormsPrefs",
    "AllowDiscount": "SalesFormsPrefs",
    "AllowDeposit": "SalesFormsPrefs",
    "AllowServiceDate": "SalesFormsPrefs",
    "DefaultTerms": "SalesFormsPrefs",
    "AllowShipping": "SalesFormsPrefs",
    "ETransactionPaymentEnabled": "SalesFormsPrefs",
    "AutoApplyCredit": "SalesFormsPrefs",
    "AutoApplyPayments": "SalesFormsPrefs",
    "SalesEmailCc": "SalesFormsPrefs",
    "SalesEmailBcc": "SalesFormsPrefs",
    "ClassTrackingPerTxn": "AccountingInfoPrefs",
    "ClassTrackingPerTxnLine": "AccountingInfoPrefs",
    "TrackDepartments": "AccountingInfoPrefs",
    "UsingSalesTax": "TaxPrefs",
    "PartnerTaxEnabled": "TaxPrefs",
    "MultiCurrencyEnabled": "CurrencyPrefs",
}


def company(world: World, realm_id: str) -> Company:
    """The company, or LookupError that says what is missing."""
    found = world.companies.find(realm_id)
    if found is None:
        raise LookupError(f"There is no company {realm_id}.")
    return found


def kind(plural: str) -> EntityType:
    """The kind of a plural path part, such as `invoices`."""
    for known in ENTITY_TYPES.values():
        stem = known.segment.removesuffix("y")
        if plural.lower() in {known.segment, f"{known.segment}s", f"{known.segment}es", f"{stem}ies"}:
            return known
    raise LookupError(f"There is nothing called {plural}.")


def row(company_of: Company, kind_of: EntityType, qbo_id: str) -> Row:
    found = company_of.row(kind_of.name, qbo_id)
    if found is None:
        raise LookupError(f"There is no {kind_of.name} {qbo_id}.")
    return found


def save(world: World, company_of: Company, kind_of: EntityType, body: Doc) -> Row:
    """Create or change something as the pages of QuickBooks do."""
    return engine.save(company_of, kind_of, body, world.clock.now(), engine.PAGE)


def act(world: World, company_of: Company, target: Row, *, action: str, body: Doc) -> Any:
    """One action on one object; gives the object as it is afterwards."""
    now = world.clock.now()
    kind_of, qbo_id = ENTITY_TYPES[target.kind], target.qbo_id
    if action == "edit":
        return edit(world, company_of, kind_of, target, body).text
    if action == "void":
        return engine.void(company_of, kind_of, {"Id": qbo_id}, now, engine.PAGE).text
    if action == "delete":
        return engine.remove(company_of, kind_of, {"Id": qbo_id}, now, engine.PAGE)
    if action == "send":
        return engine.send(company_of, kind_of, qbo_id, body.get("sendTo"), now).text
    if action in {"unserve", "serve"}:
        mark = (company_of.unserved.add, company_of.unserved.discard)[action == "serve"]
        mark((kind_of.name, qbo_id))
        return target.text
    if action in {"inactivate", "activate"} and kind_of.family is not Family.TRANSACTION:
        return save(world, company_of, kind_of, {"Id": qbo_id, "Active": action == "activate"}).text
    special: dict[tuple[str, str], Callable[[], Any]] = {
        ("Invoice", "pay"): lambda: pay(world, company_of, target, body).text,
        ("Invoice", "unpay"): lambda: unpay(world, company_of, target).text,
        ("Invoice", "unapply"): lambda: [r.text for r in ledger.unapply(company_of, qbo_id, now)],
        ("Customer", "merge"): lambda: merge(world, company_of, target, body).text,
        ("Payment", "deposit"): lambda: engine.deposit(company_of, target, now).text,
    }
    chosen = special.get((kind_of.name, action))
    if chosen is None:
        raise LookupError(f"{kind_of.name} has no action {action}.")
    return chosen()


def merge(world: World, company_of: Company, gone: Row, body: Doc) -> Row:
    """Merge a customer into the one that `into` names."""
    kept = row(company_of, ENTITY_TYPES["Customer"], str(body.get("into") or ""))
    return merge_customers(company_of, gone, kept, world.clock.now())


def edit(world: World, company_of: Company, kind_of: EntityType, target: Row, body: Doc) -> Row:
    """Change the properties given; `lines` is short for a whole new set of lines."""
    changes = {name: value for name, value in body.items() if name != "lines"}
    if "lines" in body:
        changes["Line"] = [_line(line) for line in body["lines"]]
    return save(world, company_of, kind_of, {**changes, "Id": target.qbo_id})


def _line(line: Doc) -> Doc:
    """A sales line from amount, item and description, or a line that is written out already."""
    if "DetailType" in line:
        return line
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": line.get("amount"),
        "Description": line.get("description"),
        "SalesItemLineDetail": {"ItemRef": {"value": str(line.get("item", "1"))}},
    }


def set_amount(world: World, company_of: Company, target: Row, amount: Any) -> Row:
    """Return the invoice with another amount on its first line, as of someone who corrects it by hand."""
    wanted = number_in("amount", amount)
    lines = [dict(line) for line in target.data["Line"]]
    first = next((line for line in lines if line["DetailType"] == "SalesItemLineDetail"), None)
    if wanted is None or first is None:
        raise ValueError("an amount is needed, and an invoice with a product line")
    detail = {
        key: value for key, value in first["SalesItemLineDetail"].items() if key not in {"Qty", "UnitPrice"}
    }
    first |= {"Amount": amount_out(wanted), "SalesItemLineDetail": detail}
    return save(world, company_of, ENTITY_TYPES["Invoice"], {"Id": target.qbo_id, "Line": lines})


def pay(world: World, company_of: Company, invoice: Row, body: Doc) -> Row:
    """Record a payment; without an amount, of all that is open. What is too much stays as credit."""
    due = stored(invoice.data["Balance"])
    given = number_in("amount", body.get("amount"))
    amount = due if given is None else given
    if amount <= 0:
        raise ValueError("There is nothing to pay: the amount must be above zero.")
    on_invoice = min(amount, due)
    payment: Doc = {
        "CustomerRef": {"value": invoice.data["CustomerRef"]["value"]},
        "TotalAmt": amount_out(amount),
        "TxnDate": body.get("date"),
        "PaymentRefNum": body.get("ref"),
        "PaymentMethodRef": {"value": str(body["method"])} if body.get("method") else None,
        **same_money(company_of, invoice),
    }
    if on_invoice:
        link = {"TxnId": invoice.qbo_id, "TxnType": "Invoice"}
        payment["Line"] = [{"Amount": amount_out(on_invoice), "LinkedTxn": [link]}]
    return save(world, company_of, ENTITY_TYPES["Payment"], payment)


def unpay(world: World, company_of: Company, invoice: Row) -> Row:
    """Delete every payment of an invoice; gives the invoice afterwards."""
    for payment in ledger.payments_of(company_of, invoice.qbo_id):
        engine.remove(
            company_of, ENTITY_TYPES["Payment"], {"Id": payment.qbo_id}, world.clock.now(), engine.PAGE
        )
    return row(company_of, ENTITY_TYPES["Invoice"], invoice.qbo_id)


def deposit_payments(world: World, company_of: Company, invoice: Row) -> int:
    """Put the payments of an invoice on a bank deposit; gives how many were not yet on one."""
    waiting = [p for p in ledger.payments_of(company_of, invoice.qbo_id) if not ledger.is_deposited(p.data)]
    for payment in waiting:
        engine.deposit(company_of, payment, world.clock.now())
    return len(waiting)


def set_preferences(world: World, company_of: Company, body: Doc) -> Row:
    """Change preferences given by group or by plain name; null takes one away."""
    groups: dict[str, Doc] = {}
    for name, value in body.items():
        if company_of.switches.change(name, value):
            if name == "TaxedStates":
                open_places(company_of, world.clock.now())
        elif name in PLAIN_PREFERENCES:
            groups.setdefault(PLAIN_PREFERENCES[name], {})[name] = value
        elif isinstance(value, dict):
            groups.setdefault(name, {}).update(value)
        else:
            raise ValueError(f"{name} is not a preference that can be set by its plain name")
    return save(world, company_of, ENTITY_TYPES["Preferences"], groups)


def move_clock(world: World, body: Doc) -> None:
    if "set" in body:
        world.clock.set(moment(str(body["set"])))
    if "skew" in body:
        world.clock.offset = timedelta(seconds=float(body["skew"]))
    if "advance_seconds" in body:
        world.clock.advance(timedelta(seconds=float(body["advance_seconds"])))
    world.sender.wake()


def webhook_state(world: World) -> Doc:
    """The settings and the last deliveries, newest first."""
    return {
        **vars(world.sender.settings),
        "deliveries": [delivery.doc() for delivery in reversed(world.sender.deliveries)],
    }


def set_webhooks(world: World, body: Doc) -> None:
    """Change the switches; `send_test` sends an event about the company's newest invoice."""
    world.sender.settings.change({name: value for name, value in body.items() if name != "send_test"})
    if body.get("send_test"):
        _send_test(world, str(body["send_test"]))
    world.sender.wake()


def _send_test(world: World, realm_id: str) -> None:
    chosen = world.companies.find(realm_id) or world.companies.first()
    newest = next(chosen.table("Invoice").newest_first(), None)
    if newest is not None:
        world.sender.add(Change(chosen.realm_id, "Invoice", newest.qbo_id, "Update", world.clock.now()))


def reset(world: World, *, everything: bool, as_of: datetime | None = None) -> None:
    """Open the companies anew, as of a moment: now; with `everything`, connections, clock and switches start afresh too."""
    world.refill(as_of)
    world.injector.remove()
    world.limits.clear()
    world.requests.entries.clear()
    world.sender.deliveries.clear()
    world.sender.buffer.clear()
    if everything:
        world.clock.offset = timedelta(0)
        for grant in world.tokens.grants:
            if not grant.ready:
                world.tokens.end(grant)
        world.sender.settings = WebhookSettings(url=world.settings.webhook_url)
        world.latency.as_in_life(on=world.settings.latency)
        world.tokens.rotation_seconds = 86_400.0
