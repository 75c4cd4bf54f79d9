"""A few deals to try an installation on."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from deals.models import Deal, DealLine, Member, Organization, Person, Product
from deals.push import stage_named
from deals.services import deal_line_save, deal_save

_PRODUCTS = (("Consulting day", "850.00"), ("Workshop", "1200.00"), ("Travel", "90.00"))
_DEALS = (
    ("Sample: website relaunch", "Sample Studio", "12 River Street", "Austin", "TX", "78701", "Alex Sample", ((0, 5), (2, 1))),
    ("Sample: team workshop", "Example Foods", "400 Market Avenue", "Portland", "OR", "97204", "Sam Example", ((1, 2),)),
    ("Sample: yearly review", "Placeholder & Co", "9 Hill Road", "Madison", "WI", "53703", "Pat Placeholder", ((0, 2), (1, 1))),
)  # fmt: skip


@transaction.atomic
def sample_deals(member: Member, *, at: datetime) -> None:
    """Make three deals with their organizations, people and products."""
    account = member.account
    products = [
        Product.objects.create(
            account=account, name=name, unit_price=Decimal(price), currency=account.currency
        )
        for name, price in _PRODUCTS
    ]
    for title, company, street, city, region, code, person, lines in _DEALS:
        organization = Organization.objects.create(
            account=account, name=company, street=street, city=city, region=region, postal_code=code,
            country="United States",
        )  # fmt: skip
        contact = Person.objects.create(
            account=account,
            organization=organization,
            name=person,
            email=f"{person.split()[0].lower()}@sample.example",
        )
        value = sum((products[at_].unit_price * count for at_, count in lines), Decimal(0))
        deal = Deal(
            account=account, title=title, organization=organization, person=contact, owner=member, value=value,
            currency=account.currency, stage=stage_named(account, ""),
        )  # fmt: skip
        deal_save(deal, at=at, actor=member)
        for at_, count in lines:
            product = products[at_]
            line = DealLine(
                deal=deal, product=product, name=product.name, quantity=count, unit_price=product.unit_price
            )
            deal_line_save(line, at=at, actor=member)
