"""Problems that are known before anything is sent: what the form, the settings and the presets check."""

from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .line_problems import LINE_KINDS
from .problem_kind import ProblemKind

KINDS: tuple[ProblemKind, ...] = (
    ProblemKind(
        ProblemCode.CUSTOMER_MISSING,
        _("No customer yet"),
        _("Choose a QuickBooks customer, or write the name of a new one."),
    ),
    ProblemKind(
        ProblemCode.CUSTOMER_GONE,
        _("The customer is gone"),
        _("This customer is no longer in QuickBooks. Choose another one."),
        fix="other_customer",
    ),
    ProblemKind(
        ProblemCode.CUSTOMER_INACTIVE,
        _("“%(name)s” is inactive in QuickBooks"),
        _("%(name)s is inactive in QuickBooks, which refuses inactive customers. Choose another one."),
        fix="other_customer",
    ),
    ProblemKind(
        ProblemCode.NAME_FORBIDDEN,
        _("The name has a character QuickBooks refuses"),
        _("A QuickBooks name can’t contain a colon, tab or line break. Write it without."),
        fix="clean_name",
    ),
    ProblemKind(
        ProblemCode.NAME_TOO_LONG,
        _("The name is too long"),
        _("A QuickBooks name can have up to %(longest)s characters. Shorten it."),
    ),
    ProblemKind(
        ProblemCode.NAME_TAKEN,
        _("The name is taken"),
        _("%(name)s is already taken in QuickBooks. Choose that customer, or write another name."),
        fix="other_name",
    ),
    ProblemKind(
        ProblemCode.TEXT_TOO_LONG,
        _("A text is too long"),
        _("QuickBooks allows up to %(longest)s characters here. Shorten it."),
    ),
    ProblemKind(
        ProblemCode.EMAIL_TIDIED,
        _("The email addresses were tidied"),
        _("The invoice will be sent to %(addresses)s."),
    ),
    ProblemKind(
        ProblemCode.EMAIL_BAD,
        _("The email address is not complete"),
        _("This isn’t a valid email address for QuickBooks. Correct it, or leave it empty."),
    ),
    ProblemKind(
        ProblemCode.SHIP_TO_MISSING,
        _("No place for sales tax"),
        _(
            "QuickBooks works out sales tax from where the invoice is delivered, and no city, state and "
            "ZIP code can be read here. It may then tax for your own town, or not at all."
        ),
        fix="ship_to",
    ),
    ProblemKind(
        ProblemCode.CUSTOMER_EXEMPT,
        _("The customer is exempt from sales tax"),
        _("%(name)s is exempt from sales tax in QuickBooks, so none is added whatever the lines say."),
    ),
    ProblemKind(
        ProblemCode.TAX_BY_HAND,
        _("No sales tax is added"),
        _(
            "Your company picks its sales tax rate for each invoice. With none chosen QuickBooks adds no sales "
            "tax, though lines are taxable."
        ),
    ),
    ProblemKind(
        ProblemCode.QUOTED_TAX_NEGATIVE,
        _("The quoted tax is below zero"),
        _("Write the sales tax as quoted, or leave it empty: then QuickBooks works it out."),
    ),
    ProblemKind(
        ProblemCode.QUOTED_TAX_UNTAXED,
        _("A tax is quoted, but no line is taxed"),
        _(
            "QuickBooks keeps a quoted tax only where a line is taxable. Mark the lines as taxable, or clear the tax."
        ),
    ),
    ProblemKind(
        ProblemCode.TAX_CODE_MISSING,
        _("Line %(number)s has no tax code"),
        _("QuickBooks needs a tax code on every line of this company's invoices. Choose one."),
        fix="choose_tax",
    ),
    ProblemKind(
        ProblemCode.TAX_CODE_GONE,
        _("The tax code of line %(number)s cannot be used"),
        _("This tax code is no longer offered for sales in QuickBooks. Choose another one."),
        fix="choose_tax",
    ),
    ProblemKind(
        ProblemCode.FORM_TAX_CODE_GONE,
        _("The tax rate cannot be used"),
        _("This tax rate is no longer offered for sales in QuickBooks. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.NUMBER_TAKEN_WRITE,
        _("The invoice number is taken"),
        _("An invoice to %(name)s already has this number. Write another one."),
        fix="next_number",
    ),
    ProblemKind(
        ProblemCode.NUMBER_EMPTY,
        _("The invoice will have no number"),
        _(
            "Your company writes its own invoice numbers, and QuickBooks gives none: left empty, the "
            "invoice has no number."
        ),
        fix="next_number",
    ),
    ProblemKind(
        ProblemCode.TERM_OF_CUSTOMER,
        _("Terms and due date differ"),
        _(
            "This customer's terms, %(name)s, print on the invoice and mean %(day)s. The due date says "
            "another day."
        ),
        fix="terms",
    ),
    ProblemKind(
        ProblemCode.TERM_DIFFERS,
        _("Terms and due date differ"),
        _("%(name)s prints on the invoice and means %(day)s. The due date says another day."),
        fix="terms",
    ),
    ProblemKind(
        ProblemCode.CURRENCY_MISSING,
        _("No currency"),
        _("Choose the currency of the invoice."),
        fix="switch_currency",
    ),
    ProblemKind(
        ProblemCode.CURRENCY_OFF,
        _("QuickBooks bills in %(home)s only"),
        _(
            "QuickBooks is set up for %(home)s only, so an invoice in another currency cannot be created. "
            "Convert the amounts at a rate that you state, or write the deal in %(home)s."
        ),
        fix="convert",
    ),
    ProblemKind(
        ProblemCode.CURRENCY_RELABELLED,
        _("The currency differs from the deal's"),
        _(
            "The deal's amounts are in %(currency)s. The same numbers in %(other)s would be other money. "
            "Choose %(currency)s, or convert them at a rate that you state."
        ),
        fix="convert",
    ),
    ProblemKind(
        ProblemCode.RATE_MISSING,
        _("No exchange rate"),
        _(
            "QuickBooks gave no rate for %(currency)s on this day. Without one it books 1 %(currency)s "
            "as 1 %(home)s. Write the rate."
        ),
        fix="ask_rate",
    ),
    ProblemKind(
        ProblemCode.RATE_WRONG,
        _("The exchange rate cannot be right"),
        _("Write how many %(home)s one %(currency)s is worth, as a number above zero."),
    ),
    ProblemKind(
        ProblemCode.CURRENCY_MISMATCH,
        _("The currency differs from the customer's"),
        _("%(name)s bills in %(currency)s, so QuickBooks accepts %(currency)s only."),
        fix="switch_currency_or_customer",
    ),
    ProblemKind(
        ProblemCode.DATE_ABSURD,
        _("A date is far away"),
        _("This date is more than five years away. Correct it."),
        fix="date",
    ),
    ProblemKind(
        ProblemCode.DATE_BAD,
        _("A date is missing or cannot be read"),
        _("Write a date."),
        fix="date",
    ),
    ProblemKind(
        ProblemCode.BOOKS_CLOSED,
        _("The books are closed for this date"),
        _("The books are closed through %(closed)s. Choose a later issue date."),
        alternative=_("Your accountant can open the period"),
        fix="today",
    ),
    ProblemKind(
        ProblemCode.DUE_BEFORE_ISSUE,
        _("Due before it is issued"),
        _("The due date is before the issue date. Move one of them."),
        fix="due_date",
    ),
    ProblemKind(
        ProblemCode.NUMBER_BAD,
        _("A number cannot be read"),
        _("Write a number, such as 1250.50."),
    ),
    ProblemKind(
        ProblemCode.DISCOUNT_NEGATIVE,
        _("A discount is below zero"),
        _("A discount must be zero or more."),
    ),
    ProblemKind(
        ProblemCode.DISCOUNT_TOO_LARGE,
        _("A discount is too large"),
        _("The discount is larger than what it is taken off. Lower it."),
    ),
    ProblemKind(
        ProblemCode.TOTAL_BELOW_ZERO,
        _("The invoice comes to less than zero"),
        _("QuickBooks makes no invoice below zero. Lower what is taken off, or make a credit memo there."),
    ),
    ProblemKind(
        ProblemCode.DISCOUNT_OFF,
        _("Discounts are turned off in QuickBooks"),
        _(
            "This company's QuickBooks takes no discount on the whole invoice. Leave it empty and lower the "
            "lines, or turn discounts on under Account and settings, Sales."
        ),
    ),
    ProblemKind(
        ProblemCode.DEPOSIT_OFF,
        _("Deposits are turned off in QuickBooks"),
        _("Leave the deposit empty, or turn deposits on in QuickBooks under Account and settings, Sales."),
    ),
    ProblemKind(
        ProblemCode.DEPOSIT_NEGATIVE,
        _("The deposit is below zero"),
        _("A deposit must be zero or more."),
    ),
    ProblemKind(
        ProblemCode.DEPOSIT_TOO_LARGE,
        _("The deposit is more than the invoice"),
        _("QuickBooks takes no deposit above the total. Lower it."),
    ),
    ProblemKind(
        ProblemCode.TERM_GONE,
        _("The terms cannot be used"),
        _("These terms are no longer active in QuickBooks. Choose others, or none."),
    ),
    ProblemKind(
        ProblemCode.CLASS_GONE,
        _("The class cannot be used"),
        _("This class is no longer active in QuickBooks. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.LOCATION_GONE,
        _("The location cannot be used"),
        _("This location is no longer active in QuickBooks. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.PRESET_LOST,
        _("Part of the preset %(name)s is gone"),
        _(
            "Its terms, tax code, class or location are no longer offered, or belong to another QuickBooks company. "
            "They were left out; an admin corrects the preset under Settings, Invoicing."
        ),
    ),
    ProblemKind(
        ProblemCode.OVER_DEAL,
        _("More than the deal has left"),
        _("This bills %(over)s %(currency)s more than the deal has left to invoice."),
    ),
    ProblemKind(
        ProblemCode.TOTAL_ZERO,
        _("The invoice comes to zero"),
        _("The invoice comes to zero. QuickBooks will show it as paid."),
    ),
    ProblemKind(
        ProblemCode.FIELD_GONE,
        _("The field is gone"),
        _("The field chosen before no longer exists. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.DUE_DAYS_NOT_A_NUMBER,
        _("Not a number of days"),
        _("Write a whole number of days, such as 7."),
    ),
    ProblemKind(
        ProblemCode.DUE_DAYS_NEGATIVE,
        _("Days below zero"),
        _("Days count from the issue date. Write 0 or more."),
    ),
    ProblemKind(
        ProblemCode.DUE_DAYS_TOO_LONG,
        _("Too many days"),
        _("QuickBooks allows at most %(longest)s days."),
    ),
    *LINE_KINDS,
)
