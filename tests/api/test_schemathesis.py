"""The REST API against its own description, as schemathesis reads it: answers are those that are described, none is a failure of ours."""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from schemathesis import checks
from schemathesis.core.failures import FailureGroup

pytestmark = pytest.mark.django_db
CHECKS = [
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]


@pytest.fixture
def described(caller, connection, deal, settings):
    """Return the description, and what calls are sent with."""
    # As Django's own test client does: a request closes the connection that the test's transaction is in.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"api": None}}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    yield schema, {"Authorization": f"Bearer {caller('invoice').token}"}
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_every_operation_answers_as_it_is_described(described):
    schema, headers = described
    problems: dict[str, set[str]] = {}

    def check(case) -> None:
        response = case.call(headers=headers)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            problems.setdefault(case.operation.label, set()).update(
                str(one)[:400] for one in group.exceptions
            )

    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        run = given(operation.as_strategy())(check)
        examples(
            max_examples=int(os.environ.get("API_EXAMPLES", "25")),
            deadline=None,
            database=None,
            derandomize="API_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        )(run)()
    assert problems == {}
