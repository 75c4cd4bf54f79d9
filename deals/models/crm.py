"""The CRM's own tables: an account (the tenant), its members, and what they sell to whom."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# ISO 4217 has three letters; a CRM may have currencies of its own with longer names.
CURRENCY_LENGTH = 12


def external_once(name: str) -> models.UniqueConstraint:
    """Return the rule that an account has at most one row of an id of another CRM."""
    return models.UniqueConstraint(
        fields=["account", "external_source", "external_id"],
        condition=~models.Q(external_id=""),
        name=name,
    )


class OfAnotherCrm(models.Model):
    """A row that another CRM may know too: `external_source` says which ("api", "pipedrive"), `external_id` what it calls it.

    Both are "" for one that was written here.
    """

    external_source = models.CharField(max_length=20, blank=True, default="")
    external_id = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        abstract = True


class Account(models.Model):
    """A company that uses the CRM. Every other row belongs to one; nothing crosses from one to another."""

    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="America/Chicago")
    # Whether everybody with the right to sees invoices, or, as at first, only who connected QuickBooks.
    shares_invoices = models.BooleanField(default=False)
    # Whether whoever signs in with a password has to have a second factor.
    requires_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person who signs in. Owners and admins may do everything; what others may is said one by one (rights.py)."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        ADMIN = "admin", _("Admin")
        REP = "rep", _("Sales rep")

    class Deals(models.TextChoices):
        ALL = "all", _("All deals")
        OWN = "own", _("Their own deals")
        CHOSEN = "chosen", _("Their own and chosen deals")

    ADMINS = (Role.OWNER, Role.ADMIN)

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=Role, default=Role.REP)
    may_view = models.BooleanField(_("See invoices"), default=True)
    may_create = models.BooleanField(_("Create, send and link invoices"), default=True)
    may_void = models.BooleanField(_("Void and delete invoices"), default=True)
    deals_seen = models.CharField(max_length=6, choices=Deals, default=Deals.ALL)
    # "" is what the browser, and the company, say.
    language = models.CharField(max_length=10, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    wants_email = models.BooleanField(default=True)
    # Drawn anew with every change of rights, so that two admins at one form see each other.
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_admin(self) -> bool:
        """Whether this person may connect QuickBooks and change the company's settings."""
        return self.role in self.ADMINS


class CustomField(models.Model):
    """A field that an account added to its organizations, persons or deals; values live in `custom` there."""

    class Entity(models.TextChoices):
        ORGANIZATION = "organization", _("Organization")
        PERSON = "person", _("Person")
        DEAL = "deal", _("Deal")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        EMAIL = "email", _("Email")
        ADDRESS = "address", _("Address")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="custom_fields")
    entity = models.CharField(max_length=12, choices=Entity)
    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    position = models.PositiveSmallIntegerField(default=0)
    # The CRM that it is a field of, and what kind of field it calls it; "" for one that was made here.
    external_source = models.CharField(max_length=20, blank=True, default="")
    external_type = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering = ["entity", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "entity", "key"], name="custom_field_key_once")
        ]

    def __str__(self) -> str:
        return self.label


class Organization(OfAnotherCrm):
    """A company that an account sells to. The address is one text, or parts, or both."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="organizations")
    name = models.CharField(max_length=600)
    address = models.TextField(blank=True, default="")
    street = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=255, blank=True, default="")
    region = models.CharField(max_length=255, blank=True, default="")
    postal_code = models.CharField(max_length=30, blank=True, default="")
    country = models.CharField(max_length=255, blank=True, default="")
    custom: Any = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["account", "name", "id"], name="organization_by_name")]
        constraints = [external_once("organization_external_once")]

    def __str__(self) -> str:
        return self.name


class Person(OfAnotherCrm):
    """A contact, usually at an organization."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="persons")
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="persons"
    )
    name = models.CharField(max_length=600)
    email = models.CharField(max_length=254, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    custom: Any = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["account", "name", "id"], name="person_by_name")]
        constraints = [external_once("person_external_once")]

    def __str__(self) -> str:
        return self.name


class Product(OfAnotherCrm):
    """Something an account sells, as the CRM knows it; unrelated to QuickBooks until linked."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="products")
    name = models.CharField(max_length=255)
    code = models.CharField(max_length=60, blank=True, default="")
    description = models.TextField(blank=True, default="")
    unit_price = models.DecimalField(
        max_digits=15, decimal_places=5, default=Decimal(0), validators=[MinValueValidator(Decimal(0))]
    )
    currency = models.CharField(max_length=CURRENCY_LENGTH, default="USD")
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["account", "name", "id"], name="product_by_name")]
        constraints = [external_once("product_external_once")]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of the account's sales pipeline."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Deal(OfAnotherCrm):
    """Something being sold: to whom, for how much, and how far it has come."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="deals")
    title = models.CharField(max_length=255)
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="deals"
    )
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="deals")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals")
    status = models.CharField(max_length=4, choices=Status, default=Status.OPEN)
    owner = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="deals")
    value = models.DecimalField(max_digits=17, decimal_places=2, default=Decimal(0))
    currency = models.CharField(max_length=CURRENCY_LENGTH, default="USD")
    closed_on = models.DateField(null=True, blank=True)
    custom: Any = models.JSONField(default=dict, blank=True)
    # Off the whole deal, and when which part of it is to be billed (snapshot.py says what each holds).
    discounts: Any = models.JSONField(default=list, blank=True)
    installments: Any = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="deal_newest"),
            models.Index(fields=["account", "stage", "-id"], name="deal_by_stage"),
            models.Index(fields=["account", "owner", "-id"], name="deal_by_owner"),
            models.Index(fields=["account", "status", "-id"], name="deal_by_status"),
            models.Index(fields=["account", "title", "id"], name="deal_by_title"),
            models.Index(fields=["account", "value", "id"], name="deal_by_value"),
        ]
        constraints = [external_once("deal_external_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_read_elsewhere(self) -> bool:
        """Whether its products are read from another CRM, and only when somebody needs them."""
        return self.external_source not in {"", "api"}


class DealLine(models.Model):
    """A product on a deal; its texts are copies, so that a later change of the product does not rewrite it."""

    class DiscountKind(models.TextChoices):
        PERCENT = "percent", _("Percent")
        AMOUNT = "amount", _("Amount")

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=255)
    comment = models.TextField(blank=True, default="")
    quantity = models.DecimalField(max_digits=15, decimal_places=5, default=Decimal(1))
    unit_price = models.DecimalField(max_digits=15, decimal_places=5, default=Decimal(0))
    discount = models.DecimalField(max_digits=15, decimal_places=5, default=Decimal(0))
    discount_kind = models.CharField(max_length=7, choices=DiscountKind, default=DiscountKind.PERCENT)
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal(0))
    # Whether the price holds the tax already.
    is_tax_included = models.BooleanField(default=False)
    external_id = models.CharField(max_length=120, blank=True, default="")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class TimelineEntry(models.Model):
    """One line of a deal's change log. `kind` names how `data` is put into words (see timeline.py)."""

    # Always asked for by deal, and `timeline_newest` begins with it.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="timeline", db_index=False)
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    data: Any = models.JSONField(default=dict)
    actor = models.ForeignKey(
        Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["deal", "-occurred_at", "-id"], name="timeline_newest"),
            # Most of what happens is nobody's doing here.
            models.Index(
                fields=["actor"], condition=models.Q(actor__isnull=False), name="timeline_of_member"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


class SignInAttempts(models.Model):
    """Failed sign-ins of one name, address, or both together, and until when the next is refused unread.

    `key` is a keyed digest: neither the name nor the address can be read from it.
    """

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures} failures, last {self.last_at:%Y-%m-%d %H:%M}"
