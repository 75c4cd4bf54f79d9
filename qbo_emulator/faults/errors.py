"""The errors QuickBooks answers with: one constructor per known case, one shape per layer."""

from __future__ import annotations

from qbo_emulator.json_codec import Doc


class Fault(Exception):
    """A refusal of the accounting service; `doc()` is its JSON body without the time."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        *,
        element: str | None = None,
        kind: str = "ValidationFault",
        status: int = 400,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.message = message
        self.detail = detail
        self.element = element
        self.kind = kind
        self.status = status

    def doc(self) -> Doc:
        error: Doc = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None:
            error["element"] = self.element
        return {"Error": [error], "type": self.kind}


class GatewayFault(Exception):
    """A refusal of the layer before the accounting service: lower-case keys, time as epoch milliseconds."""

    def __init__(self, status: int, code: str, name: str, detail: str, kind: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.name = name
        self.detail = detail
        self.kind = kind

    @property
    def message(self) -> str:
        return f"message={self.name}; errorCode={self.code.zfill(6)}; statusCode={self.status}"

    def doc(self, epoch_ms: int) -> Doc:
        error = {"message": self.message, "detail": self.detail, "code": self.code, "element": None}
        return {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": self.kind},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "time": epoch_ms,
            "status": None,
            "cdcresponse": [],
        }


INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


def unauthenticated(detail: str = "Token invalid") -> GatewayFault:
    return GatewayFault(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION")


def other_realm() -> GatewayFault:
    detail = "Token not authorized for this company"
    return GatewayFault(403, "3100", "ApplicationAuthorizationFailed", detail, "AUTHORIZATION")


def throttled() -> GatewayFault:
    return GatewayFault(
        429, "3001", "ThrottleExceeded", "The request limit was reached.  Try again later", "SERVICE"
    )


def reads_blocked() -> GatewayFault:
    detail = "Policy: Block All CorePlus for a Builder App"
    return GatewayFault(429, "3001", "ThrottleExceeded", detail, "SERVICE")


def unsupported(path: str) -> Fault:
    detail = (
        f"Operation Could not find resource for relative : {path} of full path: "
        f"https://qbo.example{path} is not supported."
    )
    return Fault("500", "Unsupported Operation", detail)


def not_utf8() -> Fault:
    detail = (
        "Operation com.sun.org.apache.xerces.internal.impl.io.MalformedByteSequenceException: "
        "Invalid byte 1 of 1-byte UTF-8 sequence is not supported."
    )
    return Fault("500", "Unsupported Operation", detail)


def request_reused() -> Fault:
    return Fault(
        "600",
        "Duplicate request ID",
        "Duplicate request ID : The request id was already used for another request of this company.",
        element="requestid",
    )


def request_id_malformed(given: str, longest: int = 50) -> Fault:
    detail = f"Request ID must have 1 to {longest} characters. Supplied length:{len(given)}"
    return Fault("2130", "Invalid request ID", detail, element="requestid")


def no_report(name: str) -> Fault:
    return Fault(
        "5020",
        "Permission Denied Error",
        f"Permission Denied Error : There is no report {name}, or you may not run it.",
        element="ReportName",
    )


def not_found() -> Fault:
    return Fault("610", "Object Not Found", f"Object Not Found : {INACTIVE}", element="")


def transaction_deleted() -> Fault:
    return Fault(
        "610",
        "Object Not Found",
        "Object Not Found : Another user has deleted this transaction.",
        element="",
    )


def not_linkable(kind: str, qbo_id: str) -> Fault:
    return Fault(
        "620",
        "Transaction cannot be linked",
        f"The transaction {kind} {qbo_id} cannot be linked",
        element="LinkedTxn",
    )


def account_type_missing() -> Fault:
    return Fault(
        "6010", "Account type is required", "The account needs an AccountType", element="AccountType"
    )


def wrong_account_type(name: str, allowed: str) -> Fault:
    return Fault(
        "6430",
        "Invalid account type",
        f"Invalid account type used : {name} needs an account of type {allowed}",
        element=name,
    )


def unlinkable_attachment(kind: str, qbo_id: str) -> Fault:
    return business(f"The entity {kind} {qbo_id} that you are trying to link does not exist. {kind} {qbo_id}")


def batch_too_large(limit: int) -> Fault:
    return Fault(
        "1040", "Batch size is too large", f"The batch holds more than {limit} items. Maximum is {limit}."
    )


def unknown_property(name: str, owner: str, known: list[str]) -> Fault:
    listed = ", ".join(f'"{item}"' for item in known[:61])
    cut = " [truncated]" if len(known) > 61 else ""
    detail = (
        f'Property Name:Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{owner}), '
        f"not marked as ignorable ({len(known)} known properties: {listed}{cut}])\n"
        " specified is unsupported or invalid"
    )
    return Fault("2010", "Request has invalid or unsupported property", detail)


def unreadable_body(what: str) -> Fault:
    detail = f"Property Name:{what} specified is unsupported or invalid"
    return Fault("2010", "Request has invalid or unsupported property", detail)


def required(name: str) -> Fault:
    return Fault(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        element=name,
    )


def invalid_id(given: object) -> Fault:
    return Fault("2030", "Invalid ID", f"Id should be a valid number. Supplied value:{given}", element="Id")


def invalid_characters(name: str) -> Fault:
    return Fault(
        "2040",
        "Invalid character in the request",
        f"Property {name} contains a colon, tab or new line, which is not allowed",
        element=name,
    )


def wrong_length(name: str, maximum: int, supplied: int, minimum: int = 0) -> Fault:
    return Fault(
        "2050",
        "String length is either shorter or longer than supported by specification",
        "String length specified does not match the supported length. "
        f"Min:{minimum} Max:{maximum} supported. Supplied length:{supplied}",
        element=name,
    )


def invalid_date(name: str, given: object) -> Fault:
    return Fault("2060", "Invalid date format", f"Date {given} should have the form YYYY-MM-DD", element=name)


def invalid_number(name: str, given: object) -> Fault:
    return Fault(
        "2080", "Invalid number", f"{name} should be a valid number. Supplied value:{given}", element=name
    )


def invalid_enum(name: str, given: object) -> Fault:
    return Fault("2170", "Invalid enumeration", f"{name} does not know the value {given}", element=name)


def invalid_email(name: str) -> Fault:
    return Fault(
        "2210",
        "Invalid Email Address format",
        "Email Address does not conform to the syntax rules of RFC 822",
        element=name,
    )


def invalid_reference(what: str, given: object) -> Fault:
    return Fault(
        "2500", "Invalid Reference Id", f"Invalid Reference Id : {what} element id {given} not found"
    )


def category_in_transaction() -> Fault:
    return Fault(
        "2500", "Invalid Reference Id", "Invalid Reference Id : Categories cannot be used in transactions"
    )


def query_unreadable(detail: str) -> Fault:
    return Fault("4000", "Error parsing query", f"QueryParserError: {detail}")


def unreadable_character(line: int, column: int, shown: str, code: int, after: str) -> Fault:
    return query_unreadable(
        f"Invalid content. Lexical error at line {line}, column {column}.  "
        f'Encountered: "{shown}" ({code}), after : "{after}"'
    )


def query_invalid(detail: str) -> Fault:
    return Fault("4001", "Invalid query", f"QueryValidationError: {detail}")


def unserved() -> Fault:
    return Fault(
        "4002",
        "To email address entered is invalid",
        "QueryProcessingError: To email address entered is invalid",
    )


def stale(user: str) -> Fault:
    return Fault(
        "5010",
        "Stale Object Error",
        f"Stale Object Error : You and {user} were working on this at the same time. "
        f"{user} finished before you did, so your work was not saved.",
        element="",
    )


def business(detail: str) -> Fault:
    return Fault(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}",
        element="",
    )


def wrong_amount(supplied: object) -> Fault:
    return Fault(
        "6070",
        "Amount calculation incorrect in the request",
        f"Amount is not equal to UnitPrice * Qty. Supplied value:{supplied}",
    )


def name_missing() -> Fault:
    return Fault(
        "6080", "Name is required", "At least one of the name parts or DisplayName must be given", element=""
    )


def duplicate_number(number: str, kind: str, qbo_id: str) -> Fault:
    return Fault(
        "6140",
        "Duplicate Document Number Error",
        "Duplicate Document Number Error : You must specify a different number. "
        f"This number has already been used. DocNumber={number} is assigned to TxnType={kind} with "
        f"TxnId={qbo_id}",
        element="",
    )


def books_closed() -> Fault:
    return Fault(
        "6210",
        "Account Period Closed, Cannot Update Through Services API",
        "The account period has closed and the account books cannot be updated through the QBO Services API. "
        "Please use the QBO website to make these changes.",
        element="",
    )


def duplicate_name(who: str | None = "customer, vendor or employee") -> Fault:
    reason = f"Another {who} is already using this name. Please use a different name." if who else "null"
    return Fault("6240", "Duplicate Name Exists Error", f"The name supplied already exists. : {reason}")


def email_missing() -> Fault:
    return Fault(
        "6420", "Email address is required", "The transaction has no email address to be sent to", element=""
    )


def void_settled() -> Fault:
    return Fault(
        "6450",
        "Void transaction failed",
        "The transaction cannot be voided because it is already settled by a payment",
        element="",
    )


def deposited() -> Fault:
    return Fault(
        "6540",
        "Deposited Transaction cannot be changed",
        "Deposited Transaction cannot be changed : This transaction has been deposited. If you "
        "want to change "
        "or delete it, you must edit the deposit it appears on and remove it first.",
        element="",
    )


def system_failure() -> Fault:
    return Fault(
        "10000",
        "An application error has occurred while processing your request",
        "System Failure Error: The request could not be completed",
        kind="SystemFault",
        status=500,
    )
