"""Refusals on demand: a fault by its code, with the usual text, and the texts of a French company."""

from __future__ import annotations

from qbo_emulator.faults import errors
from qbo_emulator.faults.errors import Fault

# Messages of codes that nothing in the emulator refuses with by itself (the vendor's list of error codes).
MESSAGES = {
    "120": ("Authorization Failure", "AuthorizationFailure: -11014-You do not have access to this company."),
    "130": (
        "Accessing Wrong Cluster",
        "WrongClusterError: the company lives on another cluster, statusCode: 400",
    ),
    "140": ("Company Locked Out", "CompanyLockedOut: the company is locked, statusCode: 400"),
    "150": ("Company Under Maintenance", "CompanyUnderMaintenance: try again later, statusCode: 400"),
    "620": ("Transaction cannot be linked", "Transaction cannot be linked : TxnId cannot be linked."),
    "800": ("Cannot delete object", "The object cannot be deleted because others depend on it."),
    "1000": ("Operation failed", "Operation create failed."),
    "4002": ("The query could not be processed", "QueryProcessingError: the query could not be processed."),
    "5020": ("Permission Denied Error", "Permission Denied Error : You do not have permission to do this."),
    "5030": ("Feature Not Supported Error", "Feature Not Supported Error : The feature is not supported."),
    "6190": (
        "Invalid Company Status",
        "Subscription period has ended or canceled or there was a billing problem : "
        "You can't add data to QuickBooks Online because your trial or subscription period ended.",
    ),
    "6200": ("Account Period Closed", "The account period is closed : A password is required to change it."),
    "7001": ("Unknown Error", "The subscription has ended, or the company is served by another host."),
    "6480": ("Matched transaction", "The transaction is matched to a downloaded one and cannot be changed."),
}
SERVER_SIDE = {"10000", "10100", "10200"}


def by_code(code: str) -> Fault:
    """A refusal with the code, in the words it usually comes with where they are known."""
    usual = {
        fault.code: fault
        for fault in (
            errors.not_found(),
            errors.stale("Robin Hale"),
            errors.business("The transaction could not be saved."),
            errors.duplicate_name(),
            errors.duplicate_number("1001", "Invoice", "1"),
            errors.void_settled(),
            errors.deposited(),
            errors.books_closed(),
            errors.email_missing(),
            errors.system_failure(),
            errors.request_reused(),
        )
    }
    if code in usual:
        return usual[code]
    message, detail = MESSAGES.get(
        code, ("The request was refused", f"The request was refused with code {code}")
    )
    system = code in SERVER_SIDE
    return Fault(
        code,
        message,
        detail,
        element="",
        kind="SystemFault" if system else "ValidationFault",
        status=500 if system else 400,
    )


# The texts of a French company, so that a client that reads words instead of codes is found out.
FRENCH: dict[str, tuple[str, str]] = {
    "6140": (
        "Numéro de document en double",
        "Numéro de document en double : vous devez indiquer un autre numéro. Ce numéro a déjà été utilisé.",
    ),
    "6240": ("Nom déjà utilisé", "Le nom fourni existe déjà. : null"),
    "5010": ("Objet périmé", "Un autre utilisateur a modifié cet objet avant vous."),
    "610": ("Objet introuvable", "Objet introuvable : un autre utilisateur a supprimé cette transaction."),
    "6000": (
        "Erreur de validation",
        "Une erreur de validation est survenue lors du traitement de la demande.",
    ),
}


def in_french(fault: Fault) -> Fault:
    """The same refusal with localised texts; code, type and status stay."""
    message, detail = FRENCH.get(fault.code, ("Erreur de validation", "La demande n'a pas pu être traitée."))
    if fault.code == "6140" and "DocNumber=" in fault.detail:
        detail += " " + fault.detail[fault.detail.index("DocNumber=") :].replace(
            "TxnType=Invoice", "TxnType=Facture"
        )
    return Fault(fault.code, message, detail, element=fault.element, kind=fault.kind, status=fault.status)
