"""Fill a lifelike demo company, once."""

import os
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from crm_invoicing.encryption import encrypt
from deals.demo_data import (
    CUSTOM_FIELDS,
    DEALS,
    DEMO_ACCOUNT,
    ORGANIZATIONS,
    OTHER_ACCOUNT,
    PASSWORD,
    PEOPLE,
    PRODUCTS,
    SIGN_INS,
    STAGES,
)
from deals.models import (
    Account,
    CustomField,
    Deal,
    DealLine,
    EmbedIntegration,
    Member,
    MemberIdentity,
    Organization,
    Person,
    Product,
    Stage,
)
from deals.services import line_total, timeline_add

DEMO = DEMO_ACCOUNT


class Command(BaseCommand):
    """Make the demo accounts, people, products and deals unless they are there."""

    help = "Fill a lifelike demo company, once. --size N adds N plain deals for measurements."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of extra deals, and whether the database is to be prepared first."""
        parser.add_argument("--migrate", action="store_true")
        parser.add_argument("--size", type=int, default=0)
        parser.add_argument("--currency", default="USD")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill in one transaction, so that a broken-off start leaves nothing half done."""
        if settings.IS_HTTPS or settings.QUICKBOOKS_ENVIRONMENT == "production":
            raise CommandError(
                "Demo data has a password that everybody knows. It goes into no installation that is reached by https or "
                "connects to the production QuickBooks."
            )
        if options["migrate"]:
            call_command("migrate", verbosity=0)
        if Account.objects.exclude(name__in=(DEMO_ACCOUNT, OTHER_ACCOUNT)).exists():
            raise CommandError("This database holds a company of its own. Demo data goes into an empty one.")
        with transaction.atomic():
            account = Account.objects.filter(name=DEMO).first()
            if account is None:
                account = self._fill()
                if options["currency"] != "USD":
                    account.deals.update(currency=options["currency"])
                    Product.objects.filter(account=account).update(currency=options["currency"])
                self.stdout.write(f"Demo company filled: {account.deals.count()} deals.")
            self._extra(account, options["size"])
            embed_demo(account)

    def _fill(self) -> Account:
        account = Account.objects.create(name=DEMO)
        other = Account.objects.create(name=OTHER_ACCOUNT)
        members = {}
        for username, name, role, company in SIGN_INS:
            user = get_user_model().objects.create_user(username=username, password=PASSWORD)
            owner = account if company == DEMO else other
            members[username] = Member.objects.create(account=owner, user=user, name=name, role=role)
        for place in (account, other):
            Stage.objects.bulk_create(
                [Stage(account=place, name=name, position=at) for at, name in enumerate(STAGES)]
            )
        CustomField.objects.bulk_create(
            [
                CustomField(account=account, entity=owner, key=key, label=label, kind=kind)
                for owner, key, label, kind in CUSTOM_FIELDS
            ]
        )
        _fill_deals(account, members)
        stage = Stage.objects.filter(account=other).first()
        org = Organization.objects.create(
            account=other, name="Quayside Books", address="4 Pier Rd\nPortland, ME 04101"
        )
        if stage is not None:
            Deal.objects.create(
                account=other,
                title="Quayside Books: shelving",
                organization=org,
                stage=stage,
                owner=members["rita"],
            )
        return account

    def _extra(self, account: Account, size: int) -> None:
        stage = Stage.objects.filter(account=account).first()
        organization = Organization.objects.filter(account=account).first()
        if stage is None:
            return
        for start in range(0, size, 5000):
            Deal.objects.bulk_create(
                [
                    Deal(
                        account=account,
                        title=f"Plain deal {number}",
                        stage=stage,
                        organization=organization,
                        value=Decimal(number % 9000),
                    )
                    for number in range(start, min(start + 5000, size))
                ]
            )
            self.stdout.write(f"{min(start + 5000, size)} of {size} plain deals")


def embed_demo(account: Account) -> None:
    """Let the example CRM show the demo's first deal in a frame; its secret is a new one at each start."""
    secret, url = os.environ.get("EXAMPLE_HOST_SECRET", ""), os.environ.get("EXAMPLE_HOST_URL", "")
    dana = Member.objects.filter(account=account, user__username="dana").first()
    deal = Deal.objects.filter(account=account, title=DEALS[0][0]).order_by("pk").first()
    if not secret or dana is None or deal is None:
        return
    Deal.objects.filter(pk=deal.pk, external_id="").update(external_source="api", external_id="demo-deal")
    row, _is_new = EmbedIntegration.objects.update_or_create(
        issuer="crm_demo",
        defaults={
            "account": account,
            "name": "Example CRM",
            "origins": [url, url.replace("127.0.0.1", "localhost")],
            "secret": encrypt(secret, keys=settings.TOKEN_ENCRYPTION_KEYS),
            "revoked_at": None,
        },
    )
    MemberIdentity.objects.get_or_create(integration=row, external_id="dana", defaults={"member": dana})


def _fill_deals(account: Account, members: dict[str, Member]) -> None:
    organizations = {
        name: Organization.objects.create(account=account, name=name, **facts)
        for name, facts in ORGANIZATIONS.items()
    }
    people = {}
    for name, (organization, email, custom) in PEOPLE.items():
        people[name] = Person.objects.create(
            account=account,
            name=name,
            email=email,
            organization=organizations.get(organization),
            custom=custom,
        )
    products = {
        code: Product.objects.create(
            account=account, code=code, name=name, unit_price=Decimal(price), tax_percent=Decimal(tax)
        )
        for code, (name, price, tax) in PRODUCTS.items()
    }
    stages = {stage.name: stage for stage in Stage.objects.filter(account=account)}
    now = timezone.now()
    for title, organization, person, stage, owner, lines, extra in DEALS:
        deal = Deal.objects.create(
            account=account,
            title=title,
            organization=organizations.get(organization),
            person=people.get(person),
            stage=stages[stage],
            status="won" if stage in {"Won", "Delivery"} else "open",
            closed_on=now.date() if stage in {"Won", "Delivery"} else None,
            owner=members[owner],
            custom=extra.get("custom", {}),
        )
        rows = [
            DealLine(
                deal=deal,
                product=products[code],
                name=products[code].name,
                quantity=Decimal(quantity),
                unit_price=products[code].unit_price,
                tax_percent=products[code].tax_percent,
                discount=Decimal(discount),
                comment=comment,
                position=at,
            )
            for at, (code, quantity, discount, comment) in enumerate(lines, 1)
        ]
        DealLine.objects.bulk_create(rows)
        total = sum((line_total(row) for row in rows), Decimal(0))
        deal.value = Decimal(extra.get("value", total))
        deal.save(update_fields=["value"])
        timeline_add(deal, "deal.created", {"title": title}, at=now, actor=members[owner])
