"""What the API description says of tokens and errors."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tokens go in the Authorization header, after "Bearer"."""

    target_class = "deals.api.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return how a token is sent."""
        return {"type": "http", "scheme": "bearer"}


ERRORS = {
    "type": "object",
    "description": "Why a request was not carried out. `attr` names the field, null where it is about the whole request.",
    "properties": {
        "type": {"enum": ["validation_error", "client_error", "server_error"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "attr": {"type": ["string", "null"]},
                },
                "required": ["code", "detail", "attr"],
            },
        },
    },
    "required": ["type", "errors"],
}
# What a kind of request may answer beside what is described of it.
MORE = {
    "put": {"412": "The row is another than If-Match says."},
    "post": {
        "409": "The Idempotency-Key did something else before, or the same is under way.",
        "422": "A rule or QuickBooks refused it; each error says what to do.",
    },
}
REFERENCE = {"$ref": "#/components/schemas/Errors"}


def describe_errors(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Return the description with one shape for all errors: fields and codes come from more places than serializers."""
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            responses = operation["responses"]
            for status, why in MORE.get(method, {}).items():
                responses.setdefault(status, {"description": why})
            for status, response in responses.items():
                if status.startswith(("4", "5")):
                    response["content"] = {"application/json": {"schema": REFERENCE}}
    schemas = result["components"]["schemas"]
    for name in [name for name in schemas if _is_of_errors(name)]:
        del schemas[name]
    schemas["Errors"] = ERRORS
    return result


def _is_of_errors(name: str) -> bool:
    """Return whether a component is one of those that `Errors` stands for."""
    ends = ("Error", "ErrorComponent", "ErrorResponse", "ErrorEnum", "ErrorResponse400")
    return name.endswith(ends) or name.startswith(("ErrorCode", "Error4", "Error5", "ErrorResponse"))
