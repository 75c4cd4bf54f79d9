"""What customers have as credit: paid or credited, and settling nothing yet."""

from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from quickbooks_bridge.models import CreditMemo, Customer, Payment

_MONEY: Any = DecimalField(max_digits=17, decimal_places=2)


def with_unused_credit(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Annotate `unused_credit`: what is left of a customer's payments and credit memos, in the customer's currency.

    QuickBooks keeps all of a customer's transactions in that one currency.
    """
    payments, memos = _left(Payment, "unapplied"), _left(CreditMemo, "remaining")
    return customers.annotate(unused_credit=payments + memos)


def _left(model: type[Payment] | type[CreditMemo], field: str) -> Any:
    rows: Any = model._default_manager.filter(
        company=OuterRef("company"),
        customer_qbo_id=OuterRef("qbo_id"),
        currency=OuterRef("currency"),
        is_deleted=False,
        **{f"{field}__gt": 0},
    )
    added_up = rows.order_by().values("customer_qbo_id").annotate(left=Sum(F(field))).values("left")
    return Coalesce(Subquery(added_up, output_field=_MONEY), Value(Decimal(0), output_field=_MONEY))
