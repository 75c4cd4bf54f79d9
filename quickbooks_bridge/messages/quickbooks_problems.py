"""Problems that QuickBooks, or asking it, comes back with."""

from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problem_codes import ProblemCode

from .problem_kind import ProblemKind, Responsible

KINDS: tuple[ProblemKind, ...] = (
    ProblemKind(
        ProblemCode.RECONNECT,
        _("Sign in to QuickBooks again"),
        _("Somebody has to sign in to QuickBooks again. Reconnecting keeps every link."),
        responsible=Responsible.ADMIN,
        resolved=_("QuickBooks needed a new sign-in"),
    ),
    ProblemKind(
        ProblemCode.RECONNECT_AS_ADMIN,
        _("An admin has to reconnect"),
        _("The person who connected is no longer admin in QuickBooks. An admin has to reconnect."),
        responsible=Responsible.ADMIN,
        resolved=_("QuickBooks needed a new sign-in"),
    ),
    ProblemKind(
        ProblemCode.THROTTLED,
        _("QuickBooks asks us to slow down"),
        _("QuickBooks asks us to slow down. Nothing was created; try again in a minute."),
        responsible=Responsible.QUICKBOOKS,
        action_message=_("QuickBooks asks us to slow down. Nothing was changed; try again in a minute."),
        resolved=_("QuickBooks asked us to slow down"),
    ),
    ProblemKind(
        ProblemCode.QUICKBOOKS_DOWN,
        _("QuickBooks is not answering"),
        _("QuickBooks is not answering. Nothing was created; try again in a moment."),
        responsible=Responsible.QUICKBOOKS,
        action_message=_("QuickBooks is not answering. Nothing was changed; try again in a moment."),
        resolved=_("QuickBooks did not answer"),
    ),
    ProblemKind(
        ProblemCode.REFRESH_REFUSED,
        _("QuickBooks doesn’t accept our sign-in"),
        _(
            "QuickBooks does not accept our sign-in at the moment. Nothing was created; try again in a "
            "few minutes."
        ),
        responsible=Responsible.QUICKBOOKS,
        action_message=_(
            "QuickBooks does not accept our sign-in at the moment. Nothing was changed; try again in a "
            "few minutes."
        ),
        resolved=_("QuickBooks did not accept our sign-in"),
    ),
    ProblemKind(
        ProblemCode.UNEXPECTED,
        _("An answer we don’t know"),
        _(
            "QuickBooks gave an answer we don’t know. Nothing was created; your admin can pass on the "
            "details."
        ),
        responsible=Responsible.ADMIN,
        action_message=_(
            "QuickBooks gave an answer we do not know. Nothing was changed; your admin can pass on the "
            "details."
        ),
    ),
    ProblemKind(
        ProblemCode.PERSON_LIMIT,
        _("Too many questions to QuickBooks"),
        _(
            "You have asked QuickBooks very often, and everybody here shares what it answers in a month. "
            "Nothing was done; changes show here by themselves. Try again later."
        ),
    ),
    ProblemKind(
        ProblemCode.KEEPS_FAILING,
        _("QuickBooks keeps failing at it"),
        _(
            "QuickBooks failed %(tries)s times to create it, although it answers everything else. Nothing"
            " was created: we looked. Create it again from the form; should it fail once more, create it "
            "in QuickBooks."
        ),
        alternative=_("An admin can pass the details on to Intuit’s support"),
    ),
    ProblemKind(
        ProblemCode.ABANDONED,
        _("The check was stopped"),
        _("It was never confirmed, and somebody who looked in QuickBooks stopped the check."),
    ),
    ProblemKind(
        ProblemCode.REQUEST_ID_REUSED,
        _("QuickBooks knows this request"),
        _("QuickBooks already knows this request. We are looking for its invoice."),
        responsible=Responsible.QUICKBOOKS,
    ),
    ProblemKind(
        ProblemCode.OBJECT_GONE,
        _("Something on it is no longer in QuickBooks"),
        _("Something on this invoice is deleted or inactive in QuickBooks. Check customer and products."),
        action_message=_(
            "QuickBooks no longer has this invoice, or something on it. Press Refresh to see how it stands."
        ),
    ),
    ProblemKind(
        ProblemCode.CANNOT_LINK,
        _("QuickBooks cannot link these"),
        _("QuickBooks cannot link these. Nothing was changed."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        ProblemCode.HAS_DEPENDENTS,
        _("Other entries depend on it"),
        _("Other entries in QuickBooks depend on this. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        ProblemCode.SHUT_OUT,
        _("QuickBooks doesn’t serve this company to us"),
        _(
            "QuickBooks does not serve this company to us: its subscription may have ended, or this "
            "installation uses keys of another environment. Nothing was changed."
        ),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        ProblemCode.READS_BLOCKED,
        _("This month’s reads are used up"),
        _("This installation's monthly QuickBooks reads are used up. Creating invoices still works."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        ProblemCode.VALUE_MISSING,
        _("A required value is missing"),
        _("A required value is missing. Check that every line has a product and an amount."),
    ),
    ProblemKind(
        ProblemCode.TEXT_TOO_LONG_THERE,
        _("A text is too long"),
        _("One of the texts is too long for QuickBooks. Shorten it."),
    ),
    ProblemKind(
        ProblemCode.VALUE_BAD,
        _("A number or date is not accepted"),
        _("QuickBooks doesn’t accept one of the numbers or dates. Check them."),
    ),
    ProblemKind(
        ProblemCode.CURRENCY_REFUSED,
        _("The currency is not accepted"),
        _("QuickBooks refused the currency. Use the customer's own."),
        form_field="currency",
        fix="switch_currency",
    ),
    ProblemKind(
        ProblemCode.TOTAL_NEGATIVE,
        _("The invoice is below zero"),
        _("QuickBooks doesn’t accept an invoice below zero. Lower the discounts."),
    ),
    ProblemKind(
        ProblemCode.REFERENCE_BAD,
        _("A customer or product cannot be used"),
        _("A customer or product on this invoice cannot be used in QuickBooks. Choose another one."),
    ),
    ProblemKind(
        ProblemCode.CHANGED_MEANWHILE,
        _("Changed in QuickBooks meanwhile"),
        _("Somebody changed this in QuickBooks at the same moment. Look at it again."),
    ),
    ProblemKind(
        ProblemCode.NO_PERMISSION,
        _("No permission in QuickBooks"),
        _("The person who connected may not do this in QuickBooks. Ask your QuickBooks admin."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        ProblemCode.NOT_IN_EDITION,
        _("Not in your QuickBooks plan"),
        _("Your QuickBooks plan does not include this."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        ProblemCode.BUSINESS_RULE,
        _("QuickBooks refused it by a rule of its own"),
        _("QuickBooks refused it by one of its own rules. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        ProblemCode.AMOUNT_MISMATCH,
        _("QuickBooks computes a line differently"),
        _("QuickBooks computes a line differently. Check quantity and price."),
    ),
    ProblemKind(
        ProblemCode.TAX_CODE_BAD,
        _("The tax choice is not accepted"),
        _("QuickBooks doesn’t accept this tax choice. Choose taxed or not taxed."),
    ),
    ProblemKind(
        ProblemCode.NUMBER_TAKEN,
        _("The invoice number is taken"),
        _("Another document already has this number. Leave it empty and QuickBooks gives the next one."),
        form_field="doc_number",
        fix="no_number",
    ),
    ProblemKind(
        ProblemCode.SUBSCRIPTION_ENDED,
        _("The QuickBooks subscription has ended"),
        _("The QuickBooks subscription has ended, so it can only be read. Nothing was changed."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        ProblemCode.BOOKS_CLOSED_THERE,
        _("The books are closed for this date"),
        _("The books are closed for this date. Nothing was changed; your accountant can open them."),
        action_message=_(
            "The books are closed for its date. Nothing was changed; your accountant can open them."
        ),
        action_responsible=Responsible.ACCOUNTANT,
        alternative=_("Your accountant can open the period"),
        form_field="issue_date",
        fix="today",
    ),
    ProblemKind(
        ProblemCode.NAME_OF_VENDOR,
        _("A vendor has this name"),
        _(
            "A vendor in QuickBooks is called %(name)s, and customers cannot share its name. Write "
            "another one."
        ),
        fix="other_name",
    ),
    ProblemKind(
        ProblemCode.NAME_OF_EMPLOYEE,
        _("An employee has this name"),
        _(
            "An employee in QuickBooks is called %(name)s, and customers cannot share the name. Write "
            "another one."
        ),
        fix="other_name",
    ),
    ProblemKind(
        ProblemCode.NAME_TAKEN_THERE,
        _("The name is taken"),
        _("A customer, vendor or employee in QuickBooks already has this name. Write another one."),
        form_field="new_display_name",
        fix="other_name",
    ),
    ProblemKind(
        ProblemCode.INVENTORY_DATE,
        _("Not in stock on that date"),
        _("A stock product was not yet in stock on the issue date. Choose a later date."),
        form_field="issue_date",
    ),
    ProblemKind(
        ProblemCode.INVENTORY_SHORT,
        _("Not enough in stock"),
        _("QuickBooks has too few of a stock product. Lower the quantity."),
        alternative=_("Your accountant can correct the stock in QuickBooks"),
    ),
    ProblemKind(
        ProblemCode.EMAIL_MISSING,
        _("The email address is missing"),
        _("Write the address the invoice is sent to."),
        form_field="email",
    ),
    ProblemKind(
        ProblemCode.LINE_UNLINKED_THERE,
        _("A line has no product"),
        _("A line has no product. Choose one for every line."),
    ),
    ProblemKind(
        ProblemCode.SETTLED,
        _("A payment settles it"),
        _("A payment settles this invoice, so QuickBooks does not void it. Nothing was changed."),
        action_responsible=Responsible.ACCOUNTANT,
        alternative=_("Your accountant can take the payment off in QuickBooks"),
    ),
    ProblemKind(
        ProblemCode.RECONCILED,
        _("Matched with the bank"),
        _("This is matched with the bank in QuickBooks. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        ProblemCode.DEPOSITED,
        _("A payment is already deposited"),
        _("A payment of this invoice is already deposited. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
)
