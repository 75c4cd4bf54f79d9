"""Refusals of sales forms that have to do with tax and currencies."""

from __future__ import annotations

from qbo_emulator.faults.errors import Fault, business


def unsupported_currency(code: object) -> Fault:
    return Fault(
        "2220",
        "Unsupported currency",
        f"Currency {code} is not active in this company",
        element="CurrencyRef",
    )


def several_currencies() -> Fault:
    return business("You can only use one foreign currency per transaction.")


def rate_missing() -> Fault:
    # The typing mistake is QuickBooks' own.
    return Fault("2410", "Currency or ExchangeRate missing", "Curreny, ExchangeRate is missing.", element="")


def tax_missing(tax_word: str) -> Fault:
    return business(f"Make sure all your transactions have a {tax_word} rate before you save.")


def tax_out_of_bounds(given: object, computed: object) -> Fault:
    return business(f"The tax amount {given} differs too much from {computed}, which the tax rate gives.")


def tax_not_applicable() -> Fault:
    return Fault(
        "6170",
        "Invalid tax detail",
        "TxnTaxDetail cannot be given when GlobalTaxCalculation is NotApplicable",
        element="TxnTaxDetail",
    )


def custom_sales_tax() -> Fault:
    return Fault(
        "6160",
        "Custom sales tax is not supported",
        "The tax code CustomSalesTax cannot be used through the API",
        element="TxnTaxCodeRef",
    )


def too_many_lines(most: int) -> Fault:
    return business(f"A taxable transaction can have at most {most} lines.")


def not_in_edition(name: str) -> Fault:
    return Fault(
        "5030",
        "Feature Not Supported Error",
        f"Feature Not Supported Error : {name} is not supported in this edition of QuickBooks Online.",
        element=name,
    )


def stock_short(name: object) -> Fault:
    return Fault(
        "6520",
        "Insufficient quantity on hand",
        f"There are not enough of {name} on hand to complete the transaction.",
        element="",
    )


def read_only(name: str) -> Fault:
    return Fault(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:{name} specified is unsupported or invalid",
        element="",
    )


def discount_missing() -> Fault:
    return Fault(
        "6090", "Discount information missing", "A discount line needs DiscountPercent or Amount", element=""
    )


def wrong_us_tax_code(given: object) -> Fault:
    return Fault(
        "6100",
        "Invalid tax code",
        f"Line TaxCodeRef must be TAX or NON for a US company. Supplied value:{given}",
    )


def before_stock_start() -> Fault:
    return Fault(
        "6270",
        "Transaction date is prior to start date for inventory item",
        "Transactions with inventory (QOH) products cant be dated earlier than the Inventory Start Date "
        "for the product",
        element="",
    )
