"""The currencies an invoice can be in."""

# What QuickBooks Online offers under multicurrency and people use; a customer's own currency is always added.
KNOWN = (
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP",
    "PLN", "QAR", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
)  # fmt: skip

# Currencies whose amounts have no decimals.
WHOLE = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})


def digits_of(currency: str) -> int:
    """Return how many decimals an amount of a currency has."""
    return 0 if currency in WHOLE else 2


def currency_codes(*, home: str, is_multicurrency: bool, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the codes to choose from: the home currency first, then `extra`, then the known ones where allowed."""
    rest = KNOWN if is_multicurrency else ()
    return tuple(dict.fromkeys(code for code in (home, *extra, *rest) if code))
