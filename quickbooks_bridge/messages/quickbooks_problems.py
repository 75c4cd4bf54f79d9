"""Problems that QuickBooks, or asking it, comes back with."""

from django.utils.translation import gettext_lazy as _

from .problem_kind import ProblemKind, Responsible

KINDS: tuple[ProblemKind, ...] = (
    ProblemKind(
        "reconnect",
        _("Sign in to QuickBooks again"),
        _("Somebody has to sign in to QuickBooks again. Reconnecting keeps every link."),
        responsible=Responsible.ADMIN,
        resolved=_("QuickBooks needed a new sign-in"),
    ),
    ProblemKind(
        "reconnect_as_admin",
        _("An admin has to reconnect"),
        _("The person who connected is no longer admin in QuickBooks. An admin has to reconnect."),
        responsible=Responsible.ADMIN,
        resolved=_("QuickBooks needed a new sign-in"),
    ),
    ProblemKind(
        "throttled",
        _("QuickBooks asks us to slow down"),
        _("QuickBooks asks us to slow down. Nothing was created; try again in a minute."),
        responsible=Responsible.QUICKBOOKS,
        action_message=_("QuickBooks asks us to slow down. Nothing was changed; try again in a minute."),
        resolved=_("QuickBooks asked us to slow down"),
    ),
    ProblemKind(
        "quickbooks_down",
        _("QuickBooks is not answering"),
        _("QuickBooks is not answering. Nothing was created; try again in a moment."),
        responsible=Responsible.QUICKBOOKS,
        action_message=_("QuickBooks is not answering. Nothing was changed; try again in a moment."),
        resolved=_("QuickBooks did not answer"),
    ),
    ProblemKind(
        "refresh_refused",
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
        "unexpected",
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
        "person_limit",
        _("Too many questions to QuickBooks"),
        _(
            "You have asked QuickBooks very often, and everybody here shares what it answers in a month. "
            "Nothing was done; changes show here by themselves. Try again later."
        ),
    ),
    ProblemKind(
        "keeps_failing",
        _("QuickBooks keeps failing at it"),
        _(
            "QuickBooks failed %(tries)s times to create it, although it answers everything else. Nothing"
            " was created: we looked. Create it again from the form; should it fail once more, create it "
            "in QuickBooks."
        ),
        alternative=_("An admin can pass the details on to Intuit’s support"),
    ),
    ProblemKind(
        "abandoned",
        _("The check was stopped"),
        _("It was never confirmed, and somebody who looked in QuickBooks stopped the check."),
    ),
    ProblemKind(
        "request_id_reused",
        _("QuickBooks knows this request"),
        _("QuickBooks already knows this request. We are looking for its invoice."),
        responsible=Responsible.QUICKBOOKS,
    ),
    ProblemKind(
        "object_gone",
        _("Something on it is no longer in QuickBooks"),
        _("Something on this invoice is deleted or inactive in QuickBooks. Check customer and products."),
        action_message=_(
            "QuickBooks no longer has this invoice, or something on it. Press Refresh to see how it stands."
        ),
    ),
    ProblemKind(
        "cannot_link",
        _("QuickBooks cannot link these"),
        _("QuickBooks cannot link these. Nothing was changed."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        "has_dependents",
        _("Other entries depend on it"),
        _("Other entries in QuickBooks depend on this. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        "shut_out",
        _("QuickBooks doesn’t serve this company to us"),
        _(
            "QuickBooks does not serve this company to us: its subscription may have ended, or this "
            "installation uses keys of another environment. Nothing was changed."
        ),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        "reads_blocked",
        _("This month’s reads are used up"),
        _("This installation's monthly QuickBooks reads are used up. Creating invoices still works."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        "value_missing",
        _("A required value is missing"),
        _("A required value is missing. Check that every line has a product and an amount."),
    ),
    ProblemKind(
        "text_too_long_there",
        _("A text is too long"),
        _("One of the texts is too long for QuickBooks. Shorten it."),
    ),
    ProblemKind(
        "value_bad",
        _("A number or date is not accepted"),
        _("QuickBooks doesn’t accept one of the numbers or dates. Check them."),
    ),
    ProblemKind(
        "currency_refused",
        _("The currency is not accepted"),
        _("QuickBooks refused the currency. Use the customer's own."),
        form_field="currency",
        fix="switch_currency",
    ),
    ProblemKind(
        "total_negative",
        _("The invoice is below zero"),
        _("QuickBooks doesn’t accept an invoice below zero. Lower the discounts."),
    ),
    ProblemKind(
        "reference_bad",
        _("A customer or product cannot be used"),
        _("A customer or product on this invoice cannot be used in QuickBooks. Choose another one."),
    ),
    ProblemKind(
        "changed_meanwhile",
        _("Changed in QuickBooks meanwhile"),
        _("Somebody changed this in QuickBooks at the same moment. Look at it again."),
    ),
    ProblemKind(
        "no_permission",
        _("No permission in QuickBooks"),
        _("The person who connected may not do this in QuickBooks. Ask your QuickBooks admin."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        "not_in_edition",
        _("Not in your QuickBooks plan"),
        _("Your QuickBooks plan does not include this."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        "business_rule",
        _("QuickBooks refused it by a rule of its own"),
        _("QuickBooks refused it by one of its own rules. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        "amount_mismatch",
        _("QuickBooks computes a line differently"),
        _("QuickBooks computes a line differently. Check quantity and price."),
    ),
    ProblemKind(
        "tax_code_bad",
        _("The tax choice is not accepted"),
        _("QuickBooks doesn’t accept this tax choice. Choose taxed or not taxed."),
    ),
    ProblemKind(
        "number_taken",
        _("The invoice number is taken"),
        _("Another document already has this number. Leave it empty and QuickBooks gives the next one."),
        form_field="doc_number",
        fix="no_number",
    ),
    ProblemKind(
        "subscription_ended",
        _("The QuickBooks subscription has ended"),
        _("The QuickBooks subscription has ended, so it can only be read. Nothing was changed."),
        responsible=Responsible.ADMIN,
    ),
    ProblemKind(
        "books_closed_there",
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
        "name_of_vendor",
        _("A vendor has this name"),
        _(
            "A vendor in QuickBooks is called %(name)s, and customers cannot share its name. Write "
            "another one."
        ),
        fix="other_name",
    ),
    ProblemKind(
        "name_of_employee",
        _("An employee has this name"),
        _(
            "An employee in QuickBooks is called %(name)s, and customers cannot share the name. Write "
            "another one."
        ),
        fix="other_name",
    ),
    ProblemKind(
        "name_taken_there",
        _("The name is taken"),
        _("A customer, vendor or employee in QuickBooks already has this name. Write another one."),
        form_field="new_display_name",
        fix="other_name",
    ),
    ProblemKind(
        "inventory_date",
        _("Not in stock on that date"),
        _("A stock product was not yet in stock on the issue date. Choose a later date."),
        form_field="issue_date",
    ),
    ProblemKind(
        "inventory_short",
        _("Not enough in stock"),
        _("QuickBooks has too few of a stock product. Lower the quantity."),
        alternative=_("Your accountant can correct the stock in QuickBooks"),
    ),
    ProblemKind(
        "email_missing",
        _("The email address is missing"),
        _("Write the address the invoice is sent to."),
        form_field="email",
    ),
    ProblemKind(
        "line_unlinked_there",
        _("A line has no product"),
        _("A line has no product. Choose one for every line."),
    ),
    ProblemKind(
        "settled",
        _("A payment settles it"),
        _("A payment settles this invoice, so QuickBooks does not void it. Nothing was changed."),
        action_responsible=Responsible.ACCOUNTANT,
        alternative=_("Your accountant can take the payment off in QuickBooks"),
    ),
    ProblemKind(
        "reconciled",
        _("Matched with the bank"),
        _("This is matched with the bank in QuickBooks. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
    ProblemKind(
        "deposited",
        _("A payment is already deposited"),
        _("A payment of this invoice is already deposited. Nothing was changed; ask your accountant."),
        responsible=Responsible.ACCOUNTANT,
    ),
)
