"""What is said about one kind of problem, in one entry."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

Text = str | Promise


class Responsible(StrEnum):
    """Who needs to act on a problem."""

    YOURS = "yours"
    ADMIN = "admin"
    ACCOUNTANT = "accountant"
    QUICKBOOKS = "quickbooks"


@dataclass(frozen=True)
class ProblemKind:
    """One kind of problem: never a code in its sentences, never blame.

    `title` is its short name; `message` says what happened and what to do, with parameters by name. `action_message`
    and `action_responsible` replace the message and `responsible` for an invoice that is already in the books.
    `alternative` is a second way out, `resolved` its name in the past tense once it is over. `form_field` is the
    field that QuickBooks' refusal is about, `fix` names the buttons that fix it (invoice_form/fixes.py).
    """

    code: str
    title: Text
    message: Text
    responsible: Responsible = Responsible.YOURS
    action_message: Text = ""
    action_responsible: Responsible | None = None
    alternative: Text = ""
    resolved: Text = ""
    form_field: str = ""
    fix: str = ""
