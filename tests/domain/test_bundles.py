"""A bundle prints as one group: what it comes to, its whole body, and what belongs to it."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quickbooks_bridge.domain.bundles import BundlePart, bundle_end, open_bundle, shares
from quickbooks_bridge.domain.company_profile import PayloadProfile
from quickbooks_bridge.domain.draft import CustomerChoice, DraftLine, InvoiceDraft
from quickbooks_bridge.domain.money import line_amount
from quickbooks_bridge.domain.payloads import invoice_payload
from quickbooks_bridge.domain.preflight_facts import ItemFacts, PreflightFacts
from quickbooks_bridge.domain.preflight_lines import line_problems
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.domain.totals import lines_total

DAY = date(2026, 3, 13)
PARTS = [
    BundlePart("5", "Microphone", Decimal(2), Decimal("99.50"), is_taxable=True),
    BundlePart("6", "Stand", Decimal(1), Decimal("20.00")),
]


def kit(price="0", quantity="1", **more):
    return DraftLine(
        "Podcast kit",
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        item_qbo_id="9",
        product_id="3",
        **more,
    )


def amounts(lines):
    return [
        line_amount(line.quantity, line.unit_price, discount=line.discount, discount_kind=line.discount_kind)
        for line in lines
    ]


def draft(*lines):
    return InvoiceDraft(CustomerChoice("1"), "Ann", "", "", "", "USD", DAY, DAY, lines)


def test_without_a_price_a_bundle_costs_what_its_products_do():
    heading, *parts = open_bundle(kit(quantity="3"), PARTS, digits=2)
    assert (heading.kind, heading.item_qbo_id, heading.product_id, heading.unit_price) == (
        "bundle",
        "9",
        "3",
        0,
    )
    assert [(part.quantity, part.unit_price, part.is_taxable) for part in parts] == [
        (6, Decimal("99.50"), True),
        (3, Decimal("20.00"), False),
    ]
    assert amounts(parts) == [Decimal("597.00"), Decimal("60.00")]


def test_a_price_of_the_deal_is_kept_and_shared_by_the_price_list():
    _heading, *parts = open_bundle(kit("200"), PARTS, digits=2)
    assert amounts(parts) == [Decimal("181.74"), Decimal("18.26")]
    assert [part.unit_price for part in parts] == [Decimal("90.87"), Decimal("18.26")]


def test_a_discount_is_kept_to_the_cent():
    _heading, *parts = open_bundle(kit("219", discount=Decimal("33.3")), PARTS, digits=2)
    assert sum(amounts(parts)) == line_amount(Decimal(1), Decimal(219), discount=Decimal("33.3"))
    assert [part.unit_price for part in parts] == [Decimal("99.50"), Decimal("20.00")]


@given(
    st.decimals("0.01", "99999", places=2),
    st.integers(1, 40),
    st.decimals("0", "100", places=1),
    st.lists(st.tuples(st.integers(1, 9), st.decimals("0", "900", places=2)), min_size=1, max_size=6),
    st.sampled_from([0, 2]),
)
def test_opening_a_bundle_moves_no_cent(price, quantity, percent, listed, digits):
    parts = [BundlePart(str(at), "Part", Decimal(count), cost) for at, (count, cost) in enumerate(listed)]
    line = kit(str(price), str(quantity), discount=percent)
    _heading, *opened = open_bundle(line, parts, digits=digits)
    whole = line_amount(line.quantity, price, discount=percent, digits=digits)
    if digits == 0 and line_amount(line.quantity, price, digits=0) == 0:
        return
    assert lines_total(opened, "JPY" if digits == 0 else "USD") == whole


@given(
    st.decimals("-999", "999", places=2), st.lists(st.decimals("0", "50", places=2), min_size=1, max_size=9)
)
def test_shares_add_up(amount, weights):
    assert sum(shares(amount, weights, 2)) == (amount if any(weights) else 0)


def test_a_bundle_is_sent_as_a_group_and_has_no_amount_of_its_own():
    lines = open_bundle(kit("0", "2"), PARTS, digits=2)
    body = invoice_payload(
        draft(DraftLine("Before", unit_price=Decimal(5), item_qbo_id="7"), *lines),
        customer_qbo_id="1",
        profile=PayloadProfile("US", "USD"),
        marker="",
    )
    assert body["Line"] == [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": "5",
            "Description": "Before",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "7"},
                "TaxCodeRef": {"value": "NON"},
                "Qty": "1",
                "UnitPrice": "5",
            },
        },
        {
            "DetailType": "GroupLineDetail",
            "Description": "Podcast kit",
            "GroupLineDetail": {
                "GroupItemRef": {"value": "9"},
                "Quantity": "2",
                "Line": [
                    {
                        "DetailType": "SalesItemLineDetail",
                        "Amount": "398",
                        "Description": "Microphone",
                        "SalesItemLineDetail": {
                            "ItemRef": {"value": "5"},
                            "TaxCodeRef": {"value": "TAX"},
                            "Qty": "4",
                            "UnitPrice": "99.5",
                        },
                    },
                    {
                        "DetailType": "SalesItemLineDetail",
                        "Amount": "40",
                        "Description": "Stand",
                        "SalesItemLineDetail": {
                            "ItemRef": {"value": "6"},
                            "TaxCodeRef": {"value": "NON"},
                            "Qty": "2",
                            "UnitPrice": "20",
                        },
                    },
                ],
            },
        },
    ]


def test_what_stands_elsewhere_does_not_belong_to_the_bundle():
    heading, first, second = open_bundle(kit(), PARTS, digits=2)
    text = DraftLine("A word between", kind="text")
    assert bundle_end([heading, first, second], 0) == 3
    assert bundle_end([heading, first, text, second], 0) == 2
    assert bundle_end([heading, text], 0) == 1
    assert bundle_end([heading, DraftLine("Other", item_qbo_id="5")], 0) == 1


def test_a_heading_without_products_is_refused_before_quickbooks_fills_it():
    heading, *_parts = open_bundle(kit(), PARTS, digits=2)
    plain = DraftLine("Work", unit_price=Decimal(5), item_qbo_id="5")
    items = {
        "9": ItemFacts("Podcast kit", is_active=True, kind="Group"),
        "5": ItemFacts("Microphone", is_active=True, kind="Service"),
    }
    facts = PreflightFacts(today=DAY, home_currency="USD", is_multicurrency=False, items=items)
    found = line_problems(draft(heading, plain), facts)
    assert [(problem.code, problem.line) for problem in found] == [(ProblemCode.BUNDLE_EMPTY, 0)]
    inactive = {**items, "9": ItemFacts("Podcast kit", is_active=False, kind="Group")}
    lines = open_bundle(kit(), PARTS[:1], digits=2)
    found = line_problems(
        draft(*lines), PreflightFacts(today=DAY, home_currency="USD", is_multicurrency=False, items=inactive)
    )
    assert [problem.code for problem in found] == [ProblemCode.ITEM_INACTIVE]
