"""Sentences for problem codes: what happened, what it means, what to do, whose turn it is. Never a code, never blame."""

from datetime import date
from enum import StrEnum

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quickbooks_bridge.domain.problems import Problem

SENTENCES: dict[str, str | Promise] = {
    # The form, before anything is sent
    "customer_missing": _("Choose a QuickBooks customer, or write the name of a new one."),
    "customer_gone": _("This customer is no longer in QuickBooks. Choose another one."),
    "customer_inactive": _("%(name)s is inactive in QuickBooks, which refuses inactive customers. Choose another one."),
    "name_forbidden": _("QuickBooks takes no colon, tab or line break in a name. Write it without."),
    "name_too_long": _("QuickBooks takes names of up to %(longest)s characters. Shorten it."),
    "name_taken": _("%(name)s is already taken in QuickBooks. Choose that customer, or write another name."),
    "text_too_long": _("This is longer than the %(longest)s characters QuickBooks takes. Shorten it."),
    "email_tidied": _("The invoice will be sent to %(addresses)s."),
    "email_bad": _("This isn’t a valid email address for QuickBooks. Correct it, or leave it empty."),
    "ship_to_missing": _("QuickBooks works out sales tax from where the invoice is delivered, and no city, state and ZIP code can "
                         "be read here. It may then tax for your own town, or not at all."),
    "customer_exempt": _("%(name)s is exempt from sales tax in QuickBooks, so none is added whatever the lines say."),
    "tax_by_hand": _("Your company picks its sales tax rate by hand in QuickBooks. An invoice made here gets no sales tax; "
                     "add it in QuickBooks before you send it."),
    "tax_not_supported": _("QuickBooks wants a VAT or GST code on every line of this company's invoices, which cannot be chosen here "
                           "yet. Create this invoice in QuickBooks; it will show here by itself."),
    "number_taken_write": _("An invoice to %(name)s already has this number. Write another one."),
    "number_empty": _("Your company writes its own invoice numbers, and QuickBooks gives none: left empty, the invoice has no number."),
    "term_of_customer": _("This customer's terms, %(name)s, print on the invoice and mean %(day)s. The due date says another day."),
    "term_differs": _("%(name)s prints on the invoice and means %(day)s. The due date says another day."),
    "lines_too_many": _("QuickBooks takes up to %(most)s lines, and there are %(count)s. The lines beyond come to %(amount)s. Bill "
                        "them on a second invoice."),
    "currency_missing": _("Choose the currency of the invoice."),
    "currency_off": _("QuickBooks is set up for %(home)s only, so an invoice in another currency cannot be created. Amounts are not "
                      "converted here: write the deal in %(home)s, or create the invoice in QuickBooks."),
    "currency_relabelled": _("The deal's amounts are in %(currency)s. The same numbers in %(other)s would be other money. Choose "
                             "%(currency)s, or write the deal in %(other)s first."),
    "currency_foreign": _("Invoices in %(currency)s need an exchange rate, which cannot be sent from here yet: QuickBooks might book "
                          "1 %(currency)s as 1 %(home)s. Create this invoice in QuickBooks; it will show here by itself."),
    "currency_mismatch": _("%(name)s bills in %(currency)s, so QuickBooks takes %(currency)s only."),
    "date_absurd": _("This date lies more than five years away. Correct it."),
    "date_bad": _("Write a date."),
    "books_closed": _("The books are closed through %(closed)s. Choose a later issue date."),
    "due_before_issue": _("The due date lies before the issue date. Move one of them."),
    "no_lines": _("An invoice needs at least one line. Add one."),
    "line_unnamed": _("Write what this line bills."),
    "line_text_too_long": _("This text is longer than QuickBooks takes. Shorten it."),
    "line_unlinked": _("“%(name)s” must be linked to a QuickBooks product once; it is remembered for next time."),
    "item_gone": _("The product of line %(number)s is no longer in QuickBooks. Choose another one."),
    "item_category": _("%(item)s is a category, which cannot be sold. Choose a product in it."),
    "item_inactive": _("%(item)s is inactive in QuickBooks, which refuses inactive products. Choose another one."),
    "number_bad": _("Write a number, such as 1250.50."),
    "quantity_zero": _("A quantity of zero bills nothing. Write a quantity, or remove the line."),
    "quantity_negative": _("A quantity is more than zero."),
    "price_negative": _("A price is zero or more. Use the discount to lower a line."),
    "discount_negative": _("A discount is zero or more."),
    "discount_too_large": _("The discount is larger than the line. Lower it."),
    "number_too_large": _("This is larger than QuickBooks takes. Write a smaller number."),
    "decimals_5": _("QuickBooks takes up to five decimals here."),
    "decimals_7": _("QuickBooks takes up to seven decimals here."),
    "item_name_taken": _("QuickBooks already has a product called %(name)s. Link it, or rename the line."),
    "no_income_account": _("No product in QuickBooks names an income account yet. Make the first product there."),
    "over_deal": _("This bills %(over)s %(currency)s more than the deal has left to invoice."),
    "total_zero": _("The invoice comes to zero. QuickBooks will show it as paid."),
    "field_gone": _("The field chosen before no longer exists. Choose another one."),
    "due_days_not_a_number": _("Write a whole number of days, such as 7."),
    "due_days_negative": _("Days count from the issue date on. Write 0 or more."),
    "due_days_too_long": _("QuickBooks takes at most %(longest)s days."),
    # QuickBooks' refusals
    "reconnect": _("QuickBooks needs somebody to sign in again. Reconnecting keeps every link."),
    "reconnect_as_admin": _("The person who connected is no longer admin in QuickBooks. An admin has to reconnect."),
    "throttled": _("QuickBooks asks us to slow down. Nothing was created; try again in a minute."),
    "quickbooks_down": _("QuickBooks is not answering. Nothing was created; try again in a moment."),
    "refresh_refused": _("QuickBooks does not accept our sign-in at the moment. Nothing was created; try again in a few minutes."),
    "unexpected": _("QuickBooks gave an answer we do not know. Nothing was created; your admin can pass on the details."),
    "person_limit": _("You have asked QuickBooks very often, and everybody here shares what it answers in a month. Nothing was done; "
                      "changes show here by themselves. Try again later."),
    "keeps_failing": _("QuickBooks failed %(tries)s times to create it, although it answers everything else. Nothing was created: we "
                       "looked. Create it again from the form; should it fail once more, create it in QuickBooks."),
    "given_up": _("It was never confirmed, and somebody who looked in QuickBooks gave it up."),
    "request_id_reused": _("QuickBooks already knows this request. We are looking for its invoice."),
    "object_gone": _("Something on this invoice is deleted or inactive in QuickBooks. Check customer and products."),
    "cannot_link": _("QuickBooks cannot link these. Nothing was changed."),
    "has_dependents": _("Other entries in QuickBooks depend on this. Nothing was changed; ask your accountant."),
    "shut_out": _("QuickBooks does not serve this company to us: its subscription may have ended, or this installation uses "
                  "keys of another environment. Nothing was changed."),
    "reads_blocked": _("This installation's monthly QuickBooks reads are used up. Creating invoices still works."),
    "value_missing": _("QuickBooks misses a value. Check that every line has a product and an amount."),
    "text_too_long_there": _("One of the texts is longer than QuickBooks takes. Shorten it."),
    "value_bad": _("QuickBooks does not take one of the numbers or dates. Check them."),
    "currency_refused": _("QuickBooks refused the currency. Use the customer's own."),
    "total_negative": _("QuickBooks takes no invoice below zero. Lower the discounts."),
    "reference_bad": _("A customer or product on this invoice cannot be used in QuickBooks. Choose another one."),
    "changed_meanwhile": _("Somebody changed this in QuickBooks at the same moment. Look at it again."),
    "no_permission": _("The person who connected may not do this in QuickBooks. Ask your QuickBooks admin."),
    "not_in_edition": _("Your QuickBooks plan does not include this."),
    "business_rule": _("QuickBooks refused it by one of its own rules. Nothing was changed; ask your accountant."),
    "amount_mismatch": _("QuickBooks computes a line differently. Check quantity and price."),
    "tax_code_bad": _("QuickBooks does not take this tax choice. Choose taxed or not taxed."),
    "number_taken": _("Another document already has this number. Leave it empty and QuickBooks gives the next one."),
    "subscription_ended": _("The QuickBooks subscription has ended, so it can only be read. Nothing was changed."),
    "books_closed_there": _("The books are closed for this date. Nothing was changed; your accountant can open them."),
    "name_of_vendor": _("A vendor in QuickBooks is called %(name)s, and customers cannot share its name. Write another one."),
    "name_of_employee": _("An employee in QuickBooks is called %(name)s, and customers cannot share the name. Write another one."),
    "name_taken_there": _("A customer, vendor or employee in QuickBooks already has this name. Write another one."),
    "inventory_date": _("A stock product was not yet in stock on the issue date. Choose a later date."),
    "inventory_short": _("QuickBooks has too few of a stock product. Lower the quantity."),
    "email_missing": _("Write the address the invoice is sent to."),
    "line_unlinked_there": _("QuickBooks misses a product on a line. Choose one for every line."),
    "settled": _("A payment settles this invoice, so QuickBooks does not void it. Nothing was changed."),
    "reconciled": _("This is matched with the bank in QuickBooks. Nothing was changed; ask your accountant."),
    "deposited": _("A payment of this invoice is already deposited. Nothing was changed; ask your accountant."),
}  # fmt: skip


def say(code: str, params: dict[str, str] | None = None) -> str:
    """Give the sentence of a code in the reader's language."""
    text = str(SENTENCES.get(code, SENTENCES["unexpected"]))
    known = dict.fromkeys(
        (
            "name",
            "currency",
            "other",
            "over",
            "home",
            "longest",
            "closed",
            "item",
            "number",
            "owner",
            "company",
            "day",
            "count",
            "most",
            "amount",
            "tries",
        ),
        "",
    )
    return text % {**known, **(params or {})}


def problem_text(problem: Problem) -> str:
    """Return the sentence of a problem, with QuickBooks' own words behind it where only these name the cause."""
    text = say(problem.code, _readable(problem.params))
    detail = problem.params.get("detail", "")
    return text + " " + _("QuickBooks’ own words: “%(words)s”") % {"words": detail} if detail else text


def _readable(params: dict[str, str]) -> dict[str, str]:
    """Return the parameters with days as the reader's language writes them."""
    days = {key: params[key] for key in ("closed", "day") if params.get(key)}
    return {
        **params,
        **{key: date_format(date.fromisoformat(value), "DATE_FORMAT") for key, value in days.items()},
    }


class Turn(StrEnum):
    """Who can mend a problem."""

    YOURS = "yours"
    ADMIN = "admin"
    ACCOUNTANT = "accountant"
    QUICKBOOKS = "quickbooks"


# Whose turn a problem is; what is not named here is mended by whoever wrote the invoice.
TURNS: dict[str, Turn] = {
    "reconnect": Turn.ADMIN,
    "reconnect_as_admin": Turn.ADMIN,
    "no_permission": Turn.ADMIN,
    "not_in_edition": Turn.ADMIN,
    "subscription_ended": Turn.ADMIN,
    "shut_out": Turn.ADMIN,
    "reads_blocked": Turn.ADMIN,
    "has_dependents": Turn.ACCOUNTANT,
    "keys_missing": Turn.ADMIN,
    "keys_refused": Turn.ADMIN,
    "connect_needs_admin": Turn.ADMIN,
    "already_connected": Turn.ADMIN,
    "unexpected": Turn.ADMIN,
    "business_rule": Turn.ACCOUNTANT,
    "tax_not_supported": Turn.ACCOUNTANT,
    "currency_foreign": Turn.ACCOUNTANT,
    "reconciled": Turn.ACCOUNTANT,
    "deposited": Turn.ACCOUNTANT,
    "cannot_link": Turn.ACCOUNTANT,
    "throttled": Turn.QUICKBOOKS,
    "quickbooks_down": Turn.QUICKBOOKS,
    "refresh_refused": Turn.QUICKBOOKS,
    "quickbooks_unreachable": Turn.QUICKBOOKS,
    "request_id_reused": Turn.QUICKBOOKS,
}

# A second way, where the first is not the only one.
OTHER_WAYS: dict[str, str | Promise] = {
    "books_closed": _("Your accountant can open the period"),
    "books_closed_there": _("Your accountant can open the period"),
    "keeps_failing": _("An admin can pass the details on to Intuit’s support"),
    "settled": _("Your accountant can take the payment off in QuickBooks"),
    "inventory_short": _("Your accountant can correct the stock in QuickBooks"),
}


def whose_turn(code: str) -> Turn:
    """Give who can mend a problem."""
    return TURNS.get(code, Turn.YOURS)


def turn_text(turn: Turn) -> str:
    """Name whose turn it is, as the answer to "Whose turn"."""
    return str(
        {
            Turn.YOURS: _("Yours"),
            Turn.ADMIN: _("An admin's of your company"),
            Turn.ACCOUNTANT: _("Your accountant's"),
            Turn.QUICKBOOKS: _("QuickBooks'"),
        }[turn]
    )


def other_way(code: str) -> str:
    """Give a second way to mend a problem, "" when there is none."""
    return str(OTHER_WAYS.get(code, ""))


def action_refusal(code: str, action: str, *, is_unknown: bool) -> dict[str, str]:
    """Give title, text, whose turn it is and the kind of banner for an action that QuickBooks did not do.

    `action` is "void", "delete", "send" or "pdf"; `is_unknown` says that QuickBooks may have done it after all.
    """
    if is_unknown:
        return {
            "kind": "checking",
            "title": str(_("Not confirmed yet – checking")),
            "text": str(
                _("QuickBooks did not answer in time. What it did shows here by itself, within minutes.")
            ),
            "turn": "",
        }
    titles = {
        "void": _("The invoice was not voided"),
        "delete": _("The invoice was not deleted"),
        "send": _("The invoice was not sent"),
        "pdf": _("The PDF could not be fetched"),
    }
    text = str(ACTION_SENTENCES.get(code) or say(code))
    return {
        "kind": "offline" if whose_turn(code) is Turn.QUICKBOOKS else "refused",
        "title": str(titles[action]),
        "text": text,
        "turn": turn_text(whose_turn_of_action(code)),
    }


def whose_turn_of_action(code: str) -> Turn:
    """Give who can mend a refusal of something done to an invoice that is already in the books."""
    return Turn.ACCOUNTANT if code in {"books_closed_there", "settled"} else whose_turn(code)


# What the sentence of the form would get wrong for an invoice that is already in the books.
ACTION_SENTENCES: dict[str, str | Promise] = {
    "throttled": _("QuickBooks asks us to slow down. Nothing was changed; try again in a minute."),
    "quickbooks_down": _("QuickBooks is not answering. Nothing was changed; try again in a moment."),
    "refresh_refused": _(
        "QuickBooks does not accept our sign-in at the moment. Nothing was changed; try again in a few minutes."
    ),
    "unexpected": _(
        "QuickBooks gave an answer we do not know. Nothing was changed; your admin can pass on the details."
    ),
    "object_gone": _(
        "QuickBooks no longer has this invoice, or something on it. Press Refresh to see how it stands."
    ),
    "books_closed_there": _(
        "The books are closed for its date. Nothing was changed; your accountant can open them."
    ),
}
