"""Currencies by their code, under the names QuickBooks shows."""

from __future__ import annotations

NAMES = dict(
    line.split("|")
    for line in """
AUD|Australian Dollar
BRL|Brazilian Real
CAD|Canadian Dollar
CHF|Swiss Franc
CNY|Chinese Yuan
CZK|Czech Koruna
DKK|Danish Krone
EUR|Euro
GBP|British Pound Sterling
HKD|Hong Kong Dollar
HUF|Hungarian Forint
ILS|Israeli New Shekel
INR|Indian Rupee
ISK|Icelandic Krona
JPY|Japanese Yen
KRW|South Korean Won
MXN|Mexican Peso
NOK|Norwegian Krone
NZD|New Zealand Dollar
PLN|Polish Zloty
RON|Romanian Leu
SEK|Swedish Krona
SGD|Singapore Dollar
THB|Thai Baht
TRY|Turkish Lira
USD|United States Dollar
ZAR|South African Rand
""".strip().splitlines()
)
# Currencies whose amounts have no decimals.
WHOLE = frozenset({"ISK", "JPY", "KRW"})


def digits_of(code: str) -> int:
    """How many decimals an amount of the currency has."""
    return 0 if code in WHOLE else 2
