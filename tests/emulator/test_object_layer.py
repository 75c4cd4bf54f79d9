"""Every entity through the object layer of python-quickbooks, called as its own documentation and tests call it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from intuitlib.client import AuthClient
from pypdf import PdfReader
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException
from quickbooks.helpers import qb_datetime_utc_offset_format
from quickbooks.objects import (
    Account,
    Attachable,
    Bill,
    BillPayment,
    CreditMemo,
    Customer,
    Department,
    Deposit,
    Employee,
    Estimate,
    Invoice,
    Item,
    JournalEntry,
    Payment,
    PaymentMethod,
    Purchase,
    PurchaseOrder,
    RefundReceipt,
    SalesReceipt,
    TaxAgency,
    TaxCode,
    TaxRate,
    TaxService,
    Term,
    TimeActivity,
    Transfer,
    Vendor,
    VendorCredit,
)
from quickbooks.objects.base import AttachableRef, CustomerMemo, EmailAddress, Ref
from quickbooks.objects.billpayment import BillPaymentCreditCard, BillPaymentLine, CheckPayment
from quickbooks.objects.budget import Budget
from quickbooks.objects.creditcardpayment_entity import CreditCardPayment
from quickbooks.objects.customertype import CustomerType
from quickbooks.objects.deposit import CashBackInfo, DepositLine, DepositLineDetail
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    DetailLine,
    DiscountLineDetail,
    ItemBasedExpenseLine,
    ItemBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.journalentry import Entity, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import PaymentLine
from quickbooks.objects.refundreceipt import RefundReceiptCheckPayment
from quickbooks.objects.taxservice import TaxRateDetails
from quickbooks.objects.trackingclass import Class

from tests.emulator_process import EmulatorProcess

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    """A process of its own: these tests add to every list."""
    with EmulatorProcess("--company", "us", "--single", "--seed", "objects") as running:
        yield running


@pytest.fixture
def qb(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> QuickBooks:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    company = emulator.companies[0]
    auth = AuthClient(
        emulator.client_id,
        emulator.client_secret,
        "http://localhost:9/callback",
        environment=emulator.discovery_url,
        access_token=company["access_token"],
    )

    class Local(QuickBooks):  # type: ignore[misc]
        api_url_v3 = sandbox_api_url_v3 = emulator.api_url

    return Local(
        auth_client=auth,
        refresh_token=company["refresh_token"],
        company_id=company["realm_id"],
        minorversion=75,
        use_decimal=True,
    )


def _name(what: str) -> str:
    return f"{what} {next(numbers)} of objects"


def _account(qb: QuickBooks, subtype: str) -> Account:
    return Account.where(f"AccountSubType = '{subtype}'", qb=qb)[0]


def _vendor(qb: QuickBooks) -> Vendor:
    return Vendor.all(max_results=1, qb=qb)[0]


def _customer(qb: QuickBooks) -> Customer:
    return Customer.where("DisplayName = 'Acme Dental Group'", qb=qb)[0]


def _sales_line(qb: QuickBooks, amount: int = 100) -> SalesItemLine:
    """As the library's own tests do it: an amount alone, so that quantity and price go out as zero."""
    line = SalesItemLine()
    line.Amount = amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.filter(Name="Services", qb=qb)[0].to_ref()
    return line


def _account_line(qb: QuickBooks, amount: int = 200) -> AccountBasedExpenseLine:
    line = AccountBasedExpenseLine()
    line.Amount = amount
    line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = _account(qb, "Utilities").to_ref()
    return line


def _item_line(qb: QuickBooks) -> ItemBasedExpenseLine:
    line = ItemBasedExpenseLine()
    line.Amount = 100
    line.ItemBasedExpenseLineDetail = ItemBasedExpenseLineDetail()
    line.ItemBasedExpenseLineDetail.BillableStatus = "NotBillable"
    line.ItemBasedExpenseLineDetail.UnitPrice = 100
    line.ItemBasedExpenseLineDetail.Qty = 1
    line.ItemBasedExpenseLineDetail.CustomerRef = _customer(qb).to_ref()
    line.ItemBasedExpenseLineDetail.ItemRef = Item.filter(Type="Inventory", max_results=1, qb=qb)[0].to_ref()
    line.ItemBasedExpenseLineDetail.TaxCodeRef = TaxCode.get("NON", qb=qb).to_ref()
    return line


def _sales_form(kind: Any) -> Callable[[QuickBooks], Any]:
    def make(qb: QuickBooks) -> Any:
        form = kind()
        form.CustomerRef = _customer(qb).to_ref()
        form.Line.append(_sales_line(qb))
        return form

    return make


def _refund(qb: QuickBooks) -> RefundReceipt:
    refund = RefundReceipt()
    refund.PaymentType = "Check"
    refund.CustomerMemo = CustomerMemo()
    refund.CustomerMemo.value = "Sorry"
    refund.CheckPayment = RefundReceiptCheckPayment()
    refund.CheckPayment.CheckNum = "1001"
    refund.DepositToAccountRef = Account.where("Name = 'checking'", max_results=1, qb=qb)[0].to_ref()
    line = _sales_line(qb, 200)
    refund.Line.append(line)
    return refund


def _bill(qb: QuickBooks) -> Bill:
    bill = Bill()
    bill.VendorRef = _vendor(qb).to_ref()
    bill.Line.append(_account_line(qb))
    return bill


def _vendor_credit(qb: QuickBooks) -> VendorCredit:
    credit = VendorCredit()
    credit.VendorRef = _vendor(qb).to_ref()
    credit.Line.append(_account_line(qb, 90))
    return credit


def _bill_payment(qb: QuickBooks) -> BillPayment:
    payment = BillPayment()
    payment.PayType = "Check"
    payment.TotalAmt = 200
    payment.VendorRef = _vendor(qb).to_ref()
    payment.CheckPayment = CheckPayment()
    payment.CheckPayment.BankAccountRef = _account(qb, "Checking").to_ref()
    payment.APAccountRef = _account(qb, "AccountsPayable").to_ref()
    line = BillPaymentLine()
    line.LinkedTxn.append(_bill(qb).save(qb=qb).to_linked_txn())
    line.Amount = 200
    payment.Line.append(line)
    return payment


def _purchase(qb: QuickBooks) -> Purchase:
    purchase = Purchase()
    purchase.DocNumber = "Doc123"
    purchase.PaymentType = "CreditCard"
    purchase.AccountRef = _account(qb, "CreditCard").to_ref()
    purchase.Line.append(_item_line(qb))
    return purchase


def _purchase_order(qb: QuickBooks) -> PurchaseOrder:
    order = PurchaseOrder()
    order.VendorRef = _vendor(qb).to_ref()
    order.APAccountRef = _account(qb, "AccountsPayable").to_ref()
    order.Line.append(_item_line(qb))
    return order


def _deposit(qb: QuickBooks) -> Deposit:
    deposit = Deposit()
    deposit.DepositToAccountRef = _account(qb, "Checking").to_ref()
    line = DepositLine()
    line.Amount = 20
    line.DepositLineDetail = DepositLineDetail()
    line.DepositLineDetail.AccountRef = _account(qb, "Savings").to_ref()
    deposit.Line.append(line)
    return deposit


def _transfer(qb: QuickBooks) -> Transfer:
    first, second = Account.where(
        "Classification = 'Asset' AND FullyQualifiedName != 'Accounts Receivable (A/R)'", max_results=2, qb=qb
    )
    transfer = Transfer()
    transfer.Amount = 100
    transfer.FromAccountRef = first.to_ref()
    transfer.ToAccountRef = second.to_ref()
    return transfer


def _card_payment(qb: QuickBooks) -> CreditCardPayment:
    payment = CreditCardPayment()
    payment.Amount = 100
    payment.BankAccountRef = _account(qb, "Checking").to_ref()
    payment.CreditCardAccountRef = _account(qb, "CreditCard").to_ref()
    return payment


def _journal_entry(qb: QuickBooks) -> JournalEntry:
    entry = JournalEntry()
    for side, subtype in (("Debit", "AccountsReceivable"), ("Credit", "Savings")):
        line = JournalEntryLine()
        line.Amount = 25.54
        line.Description = "Set right"
        line.JournalEntryLineDetail = JournalEntryLineDetail()
        line.JournalEntryLineDetail.PostingType = side
        line.JournalEntryLineDetail.AccountRef = _account(qb, subtype).to_ref()
        if side == "Debit":
            line.JournalEntryLineDetail.Entity = Entity()
            line.JournalEntryLineDetail.Entity.Type = "Customer"
            line.JournalEntryLineDetail.Entity.EntityRef = _customer(qb).to_ref()
        entry.Line.append(line)
    return entry


def _time_activity(qb: QuickBooks) -> TimeActivity:
    activity = TimeActivity()
    activity.NameOf = "Employee"
    activity.EmployeeRef = Employee.all(max_results=1, qb=qb)[0].to_ref()
    activity.Description = "On site"
    activity.StartTime = qb_datetime_utc_offset_format(datetime(2026, 7, 22, 10, 0), "-07:00")  # noqa: DTZ001
    activity.EndTime = qb_datetime_utc_offset_format(datetime(2026, 7, 22, 11, 0), "-07:00")  # noqa: DTZ001
    activity.CostRate = 50.0
    return activity


def _payment(qb: QuickBooks) -> Payment:
    invoice = _sales_form(Invoice)(qb).save(qb=qb)
    payment = Payment()
    payment.CustomerRef = invoice.CustomerRef
    payment.TotalAmt = 100
    line = PaymentLine()
    line.Amount = 100
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment.Line.append(line)
    return payment


def _note(qb: QuickBooks) -> Attachable:
    note = Attachable()
    note.Note = "Read me"
    reference = AttachableRef()
    reference.EntityRef = _vendor(qb).to_ref()
    note.AttachableRef.append(reference)
    return note


def _named(kind: Any, **more: Any) -> Callable[[QuickBooks], Any]:
    def make(qb: QuickBooks) -> Any:
        made = kind()
        setattr(made, "Name" if hasattr(made, "Name") else "DisplayName", _name(kind.__name__))
        for name, value in more.items():
            setattr(made, name, value)
        return made

    return make


@dataclass(frozen=True)
class Row:
    """One entity: how to make one, what to change about it, and how it leaves."""

    kind: Any
    make: Callable[[QuickBooks], Any]
    change: str
    value: Any
    leaves: str = "delete"
    in_cdc: bool = True


ROWS = [
    Row(Account, _named(Account, AccountSubType="CashOnHand"), "Description", "Till", "inactive"),
    Row(Attachable, _note, "Note", "Read me again"),
    Row(Bill, _bill, "PrivateNote", "Changed"),
    Row(BillPayment, _bill_payment, "PrivateNote", "Changed"),
    Row(Class, _named(Class), "Name", "Changed class", "inactive"),
    Row(CreditCardPayment, _card_payment, "Amount", 120),
    Row(CreditMemo, _sales_form(CreditMemo), "PrivateNote", "Changed"),
    Row(Customer, _named(Customer), "Notes", "Changed", "inactive"),
    Row(Department, _named(Department), "Name", "Changed department", "inactive"),
    Row(Deposit, _deposit, "PrivateNote", "Changed"),
    Row(Employee, _named(Employee, GivenName="Ann"), "GivenName", "Anna", "inactive"),
    Row(Estimate, _sales_form(Estimate), "AcceptedBy", "Somebody"),
    Row(Invoice, _sales_form(Invoice), "PrivateNote", "Changed"),
    Row(JournalEntry, _journal_entry, "PrivateNote", "Changed"),
    Row(Payment, _payment, "PrivateNote", "Changed"),
    Row(PaymentMethod, _named(PaymentMethod), "Type", "CREDIT_CARD", "inactive"),
    Row(Purchase, _purchase, "PrivateNote", "Changed"),
    Row(PurchaseOrder, _purchase_order, "PrivateNote", "Changed"),
    Row(RefundReceipt, _refund, "PrivateNote", "Changed"),
    Row(SalesReceipt, _sales_form(SalesReceipt), "PrivateNote", "Changed"),
    Row(TaxAgency, _named(TaxAgency), "", None, "stays", in_cdc=False),
    Row(Term, _named(Term, DueDays=9), "DueDays", 11, "inactive"),
    Row(TimeActivity, _time_activity, "CostRate", 75, in_cdc=False),
    Row(Transfer, _transfer, "Amount", 101),
    Row(Vendor, _named(Vendor), "AcctNum", "77", "inactive"),
    Row(VendorCredit, _vendor_credit, "PrivateNote", "Changed"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind.__name__)
def test_entity_is_created_read_found_changed_and_leaves(qb: QuickBooks, row: Row) -> None:
    kind = row.kind
    saved = row.make(qb).save(qb=qb)
    read = kind.get(saved.Id, qb=qb)
    assert (read.Id, read.SyncToken, read.domain) == (saved.Id, "0", "QBO")
    assert kind.count(qb=qb) >= 1
    assert kind.count(f"Id = '{saved.Id}'", qb=qb) == 1
    assert [found.Id for found in kind.filter(Id=saved.Id, qb=qb)] == [saved.Id]
    assert [found.Id for found in kind.choose([saved.Id], qb=qb)] == [saved.Id]
    assert (
        kind.query(f"SELECT * FROM {kind.qbo_object_name} WHERE Id = '{saved.Id}'", qb=qb)[0].Id == saved.Id
    )
    assert 1 <= len(kind.all(max_results=2, order_by="Id DESC", qb=qb)) <= 2
    if row.change:
        setattr(read, row.change, row.value)
        read.DeliveryInfo = None
        changed = read.save(qb=qb)
        assert (getattr(changed, row.change), changed.SyncToken) == (row.value, "1")
        assert getattr(kind.get(saved.Id, qb=qb), row.change) == row.value
        with pytest.raises(QuickbooksException) as stale:
            read.save(qb=qb)
        assert stale.value.error_code == 5010
    _leave(qb, kind, saved.Id, row.leaves)


def _leave(qb: QuickBooks, kind: Any, qbo_id: str, way: str) -> None:
    current = kind.get(qbo_id, qb=qb)
    if way == "delete":
        current.delete(qb=qb)
        with pytest.raises(ObjectNotFoundException):
            kind.get(qbo_id, qb=qb)
        assert kind.where(f"Id = '{qbo_id}'", qb=qb) == []
    elif way == "inactive":
        current.Active = False
        current.save(qb=qb)
        assert kind.where(f"Id = '{qbo_id}'", qb=qb) == []
        hidden = kind.where(f"Id = '{qbo_id}' AND Active IN (true, false)", qb=qb)
        assert hidden[0].Active is False
    else:
        with pytest.raises(QuickbooksException) as refused:
            kind.delete(current, qb=qb) if hasattr(kind, "delete") else current.save(qb=qb)
        assert refused.value.error_code == 500


@pytest.mark.parametrize("row", [row for row in ROWS if row.in_cdc], ids=lambda row: row.kind.__name__)
def test_change_data_capture_tells_of_the_entity(qb: QuickBooks, row: Row) -> None:
    saved = row.make(qb).save(qb=qb)
    since = (datetime.now().astimezone() - timedelta(minutes=5)).isoformat()
    if row.kind is CreditCardPayment:
        # The library looks for the answer under the path, the answer names the object.
        answer = qb.change_data_capture("CreditCardPayment", since)["CDCResponse"][0]["QueryResponse"][0]
        assert saved.Id in [found["Id"] for found in answer["CreditCardPaymentTxn"]]
        return
    found = getattr(change_data_capture([row.kind], since, qb=qb), row.kind.qbo_object_name)
    assert saved.Id in [entry.Id for entry in found]


@pytest.mark.parametrize("row", [row for row in ROWS if not row.in_cdc], ids=lambda row: row.kind.__name__)
def test_change_data_capture_leaves_some_entities_out(qb: QuickBooks, row: Row) -> None:
    with pytest.raises(QuickbooksException):
        qb.change_data_capture(row.kind.qbo_object_name, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize("kind", [Budget, CustomerType, TaxCode, TaxRate])
def test_entity_that_can_only_be_read(qb: QuickBooks, kind: Any) -> None:
    rows = kind.all(qb=qb)
    assert rows
    assert kind.get(rows[0].Id, qb=qb).Name == rows[0].Name


SENDABLE = [
    row for row in ROWS if row.kind in {Estimate, CreditMemo, SalesReceipt, RefundReceipt, PurchaseOrder}
]


@pytest.mark.parametrize("row", SENDABLE, ids=lambda row: row.kind.__name__)
def test_form_is_printed_and_sent(qb: QuickBooks, row: Row) -> None:
    saved = row.make(qb).save(qb=qb)
    pdf = qb.download_pdf(row.kind.qbo_object_name, saved.Id)
    assert str(saved.DocNumber) in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    path = f"{row.kind.qbo_object_name.lower()}/{saved.Id}/send?sendTo=someone%40example.test"
    answer = qb.misc_operation(path, None, "application/octet-stream")[row.kind.qbo_object_name]
    field = "POEmail" if row.kind is PurchaseOrder else "BillEmail"
    assert answer[field] == {"Address": "someone@example.test"}
    assert answer["SyncToken"] == "1"
    if row.kind is not RefundReceipt:
        assert answer["EmailStatus"] == "EmailSent"


def test_estimate_is_sent_by_its_own_method(qb: QuickBooks) -> None:
    saved = _sales_form(Estimate)(qb).save(qb=qb)
    with pytest.raises(QuickbooksException) as missing:
        saved.send(qb=qb)
    assert missing.value.error_code == 6420
    saved.send(qb=qb, send_to="someone@example.test")
    assert Estimate.get(saved.Id, qb=qb).EmailStatus == "EmailSent"
    assert saved.download_pdf(qb=qb).startswith(b"%PDF")


def test_payment_is_sent_only_where_it_is_told_to(qb: QuickBooks) -> None:
    saved = _payment(qb).save(qb=qb)
    path = f"payment/{saved.Id}/send"
    with pytest.raises(QuickbooksException) as missing:
        qb.misc_operation(path, None, "application/octet-stream")
    assert missing.value.error_code == 6420
    answer = qb.misc_operation(f"{path}?sendTo=a%40b.test", None, "application/octet-stream")["Payment"]
    assert "BillEmail" not in answer


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind in {BillPayment, SalesReceipt, Payment}])
def test_transaction_is_voided(qb: QuickBooks, row: Row) -> None:
    saved = row.make(qb).save(qb=qb)
    saved.void(qb=qb)
    voided = row.kind.get(saved.Id, qb=qb)
    assert (voided.TotalAmt, voided.PrivateNote, voided.SyncToken) == (0, "Voided", "1")


def test_estimate_with_discount_totals_as_in_the_librarys_own_test(qb: QuickBooks) -> None:
    estimate = _sales_form(Estimate)(qb)
    estimate.Line[0].SalesItemLineDetail.UnitPrice = 100
    estimate.Line[0].SalesItemLineDetail.Qty = 1
    estimate.BillEmail = EmailAddress()
    estimate.BillEmail.Address = "cars@example.test"
    discount = DetailLine()
    discount.Amount = 10
    discount.DetailType = "DiscountLineDetail"
    discount.DiscountLineDetail = DiscountLineDetail()
    discount.DiscountLineDetail.PercentBased = True
    discount.DiscountLineDetail.DiscountPercent = 10
    discount.DiscountLineDetail.DiscountAccountRef = _account(qb, "DiscountsRefundsGiven").to_ref()
    estimate.Line.append(discount)
    read = Estimate.get(estimate.save(qb=qb).Id, qb=qb)
    assert (read.TotalAmt, read.TxnStatus) == (90, "Pending")
    assert [line.DetailType for line in read.Line] == [
        "SalesItemLineDetail",
        "SubTotalLineDetail",
        "DiscountLineDetail",
    ]


def test_invoice_from_an_estimate_closes_it(qb: QuickBooks) -> None:
    estimate = _sales_form(Estimate)(qb).save(qb=qb)
    invoice = _sales_form(Invoice)(qb)
    invoice.LinkedTxn.append(estimate.to_linked_txn())
    saved = invoice.save(qb=qb)
    closed = Estimate.get(estimate.Id, qb=qb)
    assert (closed.TxnStatus, closed.LinkedTxn[0].TxnId, closed.SyncToken) == ("Closed", saved.Id, "0")
    saved.delete(qb=qb)
    assert (Estimate.get(estimate.Id, qb=qb).TxnStatus, Estimate.get(estimate.Id, qb=qb).LinkedTxn) == (
        "Pending",
        [],
    )


def test_bill_from_an_order_closes_it(qb: QuickBooks) -> None:
    order = _purchase_order(qb).save(qb=qb)
    bill = _bill(qb)
    bill.LinkedTxn.append(order.to_linked_txn())
    saved = bill.save(qb=qb)
    closed = PurchaseOrder.get(order.Id, qb=qb)
    assert (closed.POStatus, closed.SyncToken) == ("Closed", "1")
    assert (closed.LinkedTxn[0].TxnId, closed.LinkedTxn[0].TxnType) == (saved.Id, "Bill")


def test_bill_is_paid_by_cheque_card_and_credit(qb: QuickBooks) -> None:
    before = _vendor(qb).Balance
    bill = _bill(qb).save(qb=qb)
    credit = _vendor_credit(qb).save(qb=qb)
    assert _vendor(qb).Balance == before + 200 - 90
    payment = BillPayment()
    payment.PayType = "CreditCard"
    payment.TotalAmt = 60
    payment.VendorRef = bill.VendorRef
    payment.CreditCardPayment = BillPaymentCreditCard()
    payment.CreditCardPayment.CCAccountRef = _account(qb, "CreditCard").to_ref()
    for paid, amount in ((bill, 150), (credit, 90)):
        line = BillPaymentLine()
        line.Amount = amount
        line.LinkedTxn.append(paid.to_linked_txn())
        payment.Line.append(line)
    saved = payment.save(qb=qb)
    paid_bill = Bill.get(bill.Id, qb=qb)
    assert (paid_bill.Balance, paid_bill.SyncToken) == (50, "1")
    assert paid_bill.LinkedTxn[0].TxnType == "BillPaymentCreditCard"
    assert VendorCredit.get(credit.Id, qb=qb).Balance == 0
    assert _vendor(qb).Balance == before + 50
    saved.delete(qb=qb)
    assert (Bill.get(bill.Id, qb=qb).Balance, _vendor(qb).Balance) == (200, before + 110)


def test_deposit_holds_payments_and_receipts_fast(qb: QuickBooks) -> None:
    payment = _payment(qb).save(qb=qb)
    receipt = _sales_form(SalesReceipt)(qb).save(qb=qb)
    deposit = Deposit()
    deposit.DepositToAccountRef = _account(qb, "Checking").to_ref()
    for held in (payment, receipt):
        line = DepositLine()
        line.Amount = 100
        line.LinkedTxn.append(held.to_linked_txn())
        deposit.Line.append(line)
    deposit.CashBack = CashBackInfo()
    deposit.CashBack.Amount = 30
    deposit.CashBack.Memo = "Change"
    deposit.CashBack.AccountRef = _account(qb, "Savings").to_ref()
    saved = deposit.save(qb=qb)
    assert saved.TotalAmt == 170
    held_payment = Payment.get(payment.Id, qb=qb)
    # A deposit leaves no trace in token and time of what lies on it.
    assert (held_payment.SyncToken, held_payment.LinkedTxn[0]["TxnType"]) == ("0", "Deposit")
    for held in (held_payment, SalesReceipt.get(receipt.Id, qb=qb)):
        for attempt in (held.delete, held.void):
            with pytest.raises(QuickbooksException) as refused:
                attempt(qb=qb)
            assert refused.value.error_code == 6540
    saved.delete(qb=qb)
    Payment.get(payment.Id, qb=qb).delete(qb=qb)
    SalesReceipt.get(receipt.Id, qb=qb).delete(qb=qb)


def test_file_is_attached_and_fetched(qb: QuickBooks, tmp_path: Path) -> None:
    path = tmp_path / "receipt.txt"
    path.write_bytes(b"line one\r\nline two\n\xe2\x82\xac")
    for source in ({"_FilePath": str(path)}, {"_FileBytes": path.read_bytes()}):
        attachment = _note(qb)
        attachment.FileName = path.name
        attachment.ContentType = "text/plain"
        for name, value in source.items():
            setattr(attachment, name, value)
        saved = attachment.save(qb=qb)
        read = Attachable.get(saved.Id, qb=qb)
        assert (read.Size, read.ContentType, read.FileName) == (path.stat().st_size, "text/plain", path.name)
        assert read.AttachableRef[0].EntityRef.type == "Vendor"
        assert requests.get(read.TempDownloadUri, timeout=10).content == path.read_bytes()
        headers = {"Authorization": f"Bearer {qb.auth_client.access_token}"}
        url = qb.api_url.removesuffix("/v3") + read.FileAccessUri
        assert requests.get(url, headers=headers, timeout=10).text == read.TempDownloadUri
        read.delete(qb=qb)
        assert requests.get(read.TempDownloadUri, timeout=10).status_code == 403


def test_attachments_of_one_object_are_found(qb: QuickBooks) -> None:
    saved = _note(qb).save(qb=qb)
    vendor = saved.AttachableRef[0].EntityRef.value
    found = Attachable.where(
        f"AttachableRef.EntityRef.Type = 'vendor' AND AttachableRef.EntityRef.value = '{vendor}'", qb=qb
    )
    assert saved.Id in [entry.Id for entry in found]


def test_attachment_to_nothing_is_a_fault_inside_a_good_answer(qb: QuickBooks) -> None:
    attachment = _note(qb)
    attachment.FileName, attachment.ContentType, attachment._FileBytes = "a.txt", "text/plain", b"x"
    attachment.AttachableRef[0].EntityRef = Ref()
    attachment.AttachableRef[0].EntityRef.type = "Estimate"
    attachment.AttachableRef[0].EntityRef.value = "999999"
    answer = qb.create_object("Attachable", attachment.to_json(), _file_bytes=b"x")
    error = answer["AttachableResponse"][0]["Fault"]["Error"][0]
    assert error["code"] == "6000"
    assert "The entity Estimate 999999 that you are trying to link does not exist" in error["Detail"]


def test_tax_code_is_made_by_the_tax_service(qb: QuickBooks) -> None:
    service = TaxService()
    service.TaxCode = _name("Tax code")
    detail = TaxRateDetails()
    detail.TaxRateName = service.TaxCode
    detail.RateValue = 10
    detail.TaxAgencyId = 1
    service.TaxRateDetails.append(detail)
    created = service.save(qb=qb)
    made = created.TaxRateDetails[0]
    assert (made.TaxRateName, made.RateValue, made.TaxAgencyId) == (service.TaxCode, 10, "1")
    assert (
        TaxCode.get(created.TaxCodeId, qb=qb).SalesTaxRateList.TaxRateDetail[0].TaxRateRef.value
        == made.TaxRateId
    )
    with pytest.raises(QuickbooksException) as taken:
        service.save(qb=qb)
    assert taken.value.error_code == 6240


def test_account_takes_its_type_from_the_subtype_and_back(qb: QuickBooks) -> None:
    by_subtype = _named(Account, AccountSubType="CashOnHand")(qb).save(qb=qb)
    assert (by_subtype.AccountType, by_subtype.Classification) == ("Bank", "Asset")
    by_type = _named(Account, AccountType="Accounts Receivable")(qb).save(qb=qb)
    assert (by_type.AccountSubType, by_type.Classification) == ("AccountsReceivable", "Asset")
    child = _named(Account, AccountType="Bank", ParentRef=by_subtype.to_ref())(qb).save(qb=qb)
    assert child.FullyQualifiedName == f"{by_subtype.Name}:{child.Name}"


def test_many_are_created_changed_and_deleted_in_batches(qb: QuickBooks) -> None:
    made = batch_create([_bill(qb) for _ in range(31)], qb=qb)
    assert (len(made.successes), made.faults) == (31, [])
    for bill in made.successes:
        bill.PrivateNote = "In a batch"
    changed = batch_update(made.successes, qb=qb)
    assert {bill.PrivateNote for bill in changed.successes} == {"In a batch"}
    gone = batch_delete(changed.successes, qb=qb)
    assert (len(gone.successes), gone.faults) == (31, [])


def test_journal_that_does_not_balance_is_refused(qb: QuickBooks) -> None:
    entry = _journal_entry(qb)
    entry.Line[0].Amount = Decimal("25.53")
    with pytest.raises(QuickbooksException) as refused:
        entry.save(qb=qb)
    assert refused.value.error_code == 6000
