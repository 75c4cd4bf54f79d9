"""Sentences for problem codes: what happened, what it means, what to do, whose turn it is. Never a code, never blame."""

from enum import StrEnum

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
    "email_semicolon": _("QuickBooks wants commas between addresses. Replace the semicolon."),
    "email_bad": _("This is no email address QuickBooks takes. Correct it, or leave it empty."),
    "address_missing": _("Without an address QuickBooks adds no sales tax. Fill in the address if tax is due."),
    "currency_missing": _("Choose the currency of the invoice."),
    "currency_off": _("QuickBooks is set up for %(home)s only. Switch the invoice to %(home)s."),
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
    "given_up": _("It was never confirmed, and somebody who looked in QuickBooks gave it up."),
    "request_id_reused": _("QuickBooks already knows this request. We are looking for its invoice."),
    "object_gone": _("Something on this invoice is deleted or inactive in QuickBooks. Check customer and products."),
    "cannot_link": _("QuickBooks cannot link these. Nothing was changed."),
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
        ("name", "currency", "over", "home", "longest", "closed", "item", "number", "owner", "company"), ""
    )
    return text % {**known, **(params or {})}


def problem_text(problem: Problem) -> str:
    """Give the sentence of a problem."""
    return say(problem.code, problem.params)


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
    "keys_missing": Turn.ADMIN,
    "keys_refused": Turn.ADMIN,
    "connect_needs_admin": Turn.ADMIN,
    "already_connected": Turn.ADMIN,
    "unexpected": Turn.ADMIN,
    "business_rule": Turn.ACCOUNTANT,
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
