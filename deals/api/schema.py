"""What the API description says of the tokens."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tokens go in the Authorization header, after "Bearer"."""

    target_class = "deals.api.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return how a token is sent."""
        return {"type": "http", "scheme": "bearer"}
