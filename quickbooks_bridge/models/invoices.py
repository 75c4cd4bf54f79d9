"""The mirror of invoices and payments, what happened to them, and invoices that are about to be made."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from deals.models import Account, Deal, Member

from .catalog import RemoteRow
from .company import Company


class Invoice(RemoteRow):
    """What QuickBooks said last about an invoice. Only facts: its status is derived (domain/status.py).

    Line items are not kept: nothing here reads them, and they are most of what an invoice weighs. Voided and deleted
    invoices keep the amounts they had in `original_total`.
    """

    # The indexes below begin with it.
    deal = models.ForeignKey(
        Deal, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    doc_number = models.CharField(max_length=30, blank=True, default="")
    customer_qbo_id = models.CharField(max_length=30)
    customer_name = models.CharField(max_length=600, blank=True, default="")
    currency = models.CharField(max_length=3, default="USD")
    txn_date = models.DateField()
    due_date = models.DateField(null=True)
    total = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    balance = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    total_tax = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    deposit = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    original_total = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    expected_total = models.DecimalField(max_digits=17, decimal_places=2, null=True)
    # What it bills of the deal before tax in the deal's own currency, where that is another one.
    deal_net = models.DecimalField(max_digits=17, decimal_places=2, null=True)
    # Home units for one unit of its currency, where QuickBooks says.
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=9, null=True)
    # What is odd about it (domain.alarms.Alarm) with the likely cause, until somebody has checked it.
    alarm = models.CharField(max_length=20, blank=True, default="")
    alarm_cause = models.CharField(max_length=20, blank=True, default="")
    is_voided = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    bill_email = models.CharField(max_length=500, blank=True, default="")
    email_status = models.CharField(max_length=20, blank=True, default="")
    emailed_at = models.DateTimeField(null=True)
    payment_qbo_ids: Any = models.JSONField(default=list)
    created_by_app = models.BooleanField(default=False)
    voided_or_deleted_at = models.DateTimeField(null=True)
    mirrored_at = models.DateTimeField()
    # When QuickBooks changed it to something that could not be understood; what is stored is the state before.
    unreadable_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="invoice_once")]
        indexes = [
            models.Index(fields=["deal", "-txn_date", "-id"], name="invoice_of_deal"),
            # Holds everything the money strip adds up, so that a deal's sums never touch the rows themselves.
            models.Index(
                fields=[
                    "deal",
                    "is_deleted",
                    "is_voided",
                    "currency",
                    "due_date",
                    "balance",
                    "total",
                    "total_tax",
                    "deal_net",
                ],
                name="invoice_sums_of_deal",
            ),
            models.Index(
                fields=["company", "customer_qbo_id", "-txn_date", "-id"],
                name="invoice_of_customer",
            ),
            models.Index(fields=["deal"], condition=~models.Q(alarm=""), name="invoice_with_alarm"),
            # Most invoices of a company are paid: what is open is found without them.
            models.Index(fields=["company", "balance"], name="invoice_by_balance"),
        ]

    def __str__(self) -> str:
        return self.doc_number or self.qbo_id


class Payment(RemoteRow):
    """A QuickBooks payment. `applied` is a list of {"invoice": qbo_id, "amount": "12.00"}."""

    customer_qbo_id = models.CharField(max_length=30)
    currency = models.CharField(max_length=3, default="USD")
    txn_date = models.DateField()
    total = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    unapplied = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    reference = models.CharField(max_length=60, blank=True, default="")
    method = models.CharField(max_length=60, blank=True, default="")
    applied: Any = models.JSONField(default=list)
    is_deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="payment_once")]
        indexes = [
            models.Index(
                fields=["company", "customer_qbo_id"],
                condition=models.Q(unapplied__gt=0),
                name="payment_with_rest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.total}"


class CreditMemo(RemoteRow):
    """A QuickBooks credit memo; `remaining` is what of it settles nothing yet. Applied, it shows in a payment of zero."""

    doc_number = models.CharField(max_length=30, blank=True, default="")
    customer_qbo_id = models.CharField(max_length=30)
    currency = models.CharField(max_length=3, default="USD")
    txn_date = models.DateField()
    total = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    remaining = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    is_deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "qbo_id"], name="credit_memo_once")]
        indexes = [
            models.Index(
                fields=["company", "customer_qbo_id"],
                condition=models.Q(remaining__gt=0),
                name="memo_with_rest",
            )
        ]

    def __str__(self) -> str:
        return self.doc_number or self.qbo_id


class InvoiceEvent(models.Model):
    """Something that happened to an invoice, seen once, whoever brought the news."""

    # `event_newest` begins with it.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="events")
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=20)
    data: Any = models.JSONField(default=dict)
    actor = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["account", "-occurred_at", "-id"], name="event_newest"),
            # Most of what happens is nobody's doing here.
            models.Index(fields=["actor"], condition=models.Q(actor__isnull=False), name="event_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.invoice}"


class InvoiceIntent(models.Model):
    """An invoice somebody decided to make. It is committed before QuickBooks is asked, so that it is made once.

    `request_id` and `customer_request_id` are QuickBooks' idempotency keys: repeating a call with the same key
    gives the first answer again. `token` comes from the form, so that the same form sent twice is one intent.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Not sent yet")
        SENDING = "sending", _("Being sent")
        UNKNOWN = "unknown", _("Not confirmed yet")
        SUCCEEDED = "succeeded", _("Created")
        REJECTED = "rejected", _("Refused")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    request_id = models.CharField(max_length=50)
    payload: Any = models.JSONField()
    customer_request_id = models.CharField(max_length=50, blank=True, default="")
    customer_payload: Any = models.JSONField(null=True)
    customer_qbo_id = models.CharField(max_length=30, blank=True, default="")
    currency = models.CharField(max_length=3)
    expected_total = models.DecimalField(max_digits=17, decimal_places=2)
    # None where only QuickBooks could know the tax: the expected total is before tax then.
    expected_tax = models.DecimalField(max_digits=17, decimal_places=2, null=True)
    # What it bills of the deal before tax in the deal's own currency, where amounts were converted.
    deal_net = models.DecimalField(max_digits=17, decimal_places=2, null=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True, db_index=True)
    problems: Any = models.JSONField(default=list)
    invoice = models.ForeignKey(Invoice, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The deal, the mapping and the preset as they were when it was decided: what a later question is answered from.
    context: Any = models.JSONField(default=dict)
    # A digest of what it bills (domain.duplicates), by which the same is not billed twice unasked.
    content_key = models.CharField(max_length=40, blank=True, default="")
    # Which of the deal's lines it bills, and how many of each (domain.allocation).
    allocation: Any = models.JSONField(default=list)
    # What is taxable, and a digest of where it is delivered: what the next invoice's tax is estimated from.
    taxable = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    ship_to_key = models.CharField(max_length=40, blank=True, default="")
    # The form as it was posted (forms.FormState), so that a refusal that arrives later opens with everything typed.
    form: Any = models.JSONField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    # What the form knew of the deal's other invoices: of two that know the same only one is decided unasked.
    seen = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "token"], name="one_intent_per_form"),
            models.UniqueConstraint(
                fields=["deal", "seen"], condition=~models.Q(seen=""), name="one_intent_per_situation"
            ),
        ]
        indexes = [
            models.Index(fields=["deal", "state"], name="intent_of_deal"),
            models.Index(
                fields=["company", "ship_to_key", "-id"],
                condition=~models.Q(ship_to_key=""),
                name="intent_by_ship_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deal}: {self.get_state_display()}"


class SavedDraft(models.Model):
    """The invoice form as somebody left it, one per person and deal: nothing typed is lost.

    `state` is a forms.FormState as JSON. It is removed once QuickBooks has the invoice, or thrown away by its writer.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    state: Any = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deal", "member"], name="one_draft_per_person")]

    def __str__(self) -> str:
        return f"{self.deal}: draft of {self.member}"


class InvoiceAttachment(models.Model):
    """A file that goes with an invoice: kept here until QuickBooks has it, then only its name.

    It waits with its form's `token` until the invoice is there; what is lost on the way is sent again, never the invoice.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("In QuickBooks")
        FAILED = "failed", _("Refused")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True, related_name="attachments")
    token = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=255)
    media = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    content = models.BinaryField(default=b"")
    is_sent = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    request_id = models.CharField(max_length=50)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, db_index=True)
    problem = models.CharField(max_length=40, blank=True, default="")
    qbo_id = models.CharField(max_length=30, blank=True, default="")
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["deal", "token"], name="attachment_of_form")]

    def __str__(self) -> str:
        return self.name


class InvoiceRecord(models.Model):
    """An entry of an invoice's own history, written once: why it is as it is.

    `digest` is SHA-256 over the entry and the digest before it, so that an entry that was changed or removed later shows.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="records", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    actor = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    # The event that it repeats, so that none is repeated twice.
    event = models.OneToOneField(InvoiceEvent, on_delete=models.SET_NULL, null=True, related_name="record")
    data: Any = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["invoice", "number"]
        constraints = [models.UniqueConstraint(fields=["invoice", "number"], name="record_once")]

    def __str__(self) -> str:
        return f"{self.invoice} {self.number}: {self.kind}"
