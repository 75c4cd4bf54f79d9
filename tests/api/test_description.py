"""The API's own description: valid, complete, and kept by what is answered."""

import pytest
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.django_db


def test_the_description_is_valid_and_names_every_address(client):
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)
    assert "/api/v1/deals/external/{external_id}/" in schema["paths"]
    names = {
        operation["operationId"]
        for path in schema["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    assert {"deals_list", "deal_push", "deal_invoices_create", "invoice_void", "invoice_pdf"} <= names
    every = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "api/v1/"]
    assert every
    assert schema["components"]["securitySchemes"]
