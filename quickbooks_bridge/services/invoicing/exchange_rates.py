"""What foreign currencies are worth: asked of QuickBooks once for a currency and a day."""

from datetime import date, datetime
from decimal import Decimal

from quickbooks_bridge.gateway.errors import QuickBooksError
from quickbooks_bridge.models import Connection, ExchangeRate
from quickbooks_bridge.services.connections.lifecycle import client_for, failure_record


def exchange_rate_get(connection: Connection, currency: str, day: date, *, now: datetime) -> Decimal | None:
    """Return the home units of one unit of a currency on a day; None where QuickBooks has none or cannot be asked."""
    mine = ExchangeRate.objects.filter(company=connection.company_id, currency=currency, day=day)
    known = mine.values_list("rate", flat=True).first()
    if known is not None:
        return known.normalize()
    try:
        rate = client_for(connection, interactive=True).exchange_rate(currency, day)
    except QuickBooksError as error:
        failure_record(connection, error, now=now)
        return None
    if rate <= 0:
        return None
    ExchangeRate.objects.bulk_create(
        [ExchangeRate(company=connection.company, currency=currency, day=day, rate=rate, read_at=now)],
        ignore_conflicts=True,
    )
    return rate
