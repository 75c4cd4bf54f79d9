"""Who has the name that QuickBooks says is taken: customers, vendors and employees share their names."""

from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.gateway.client import QuickBooksClient
from quickbooks_bridge.gateway.errors import QuickBooksError, Rejected
from quickbooks_bridge.models import Connection
from quickbooks_bridge.services.mirror import invoices

_OTHERS = {"Vendor": ProblemCode.NAME_OF_VENDOR, "Employee": ProblemCode.NAME_OF_EMPLOYEE}


def name_refusal(connection: Connection, client: QuickBooksClient, name: str, refused: Rejected) -> Rejected:
    """Return the refusal of a taken name (6240) with who has it: a customer is mirrored, so that it can be linked.

    Up to three reads; where QuickBooks gives none, the refusal as it came.
    """
    try:
        customers = client.customers_named(name)
        invoices.customers_apply(connection.company, customers)
        other = "" if customers else client.other_named(name)
    except QuickBooksError:
        return refused
    if customers:
        code = ProblemCode.NAME_TAKEN
    elif other:
        code = _OTHERS[other]
    else:
        return refused
    refused.problem_code, refused.names = code, {"name": name}
    return refused
