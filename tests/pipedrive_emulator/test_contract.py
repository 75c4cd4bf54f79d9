"""Every operation is called, and each request and answer is held against the description of the API."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

import pipedrive_emulator
from pipedrive_emulator.api.table import OPERATIONS
from pipedrive_emulator.core.rows import custom_code
from pipedrive_emulator.server import Running
from tests.pipedrive_emulator.conftest import Client, connect, control, new_code, settings

DESCRIPTION = yaml.safe_load((Path(pipedrive_emulator.__file__).parent / "openapi.yaml").read_text("utf-8"))


def _paths() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
    }


def test_the_table_of_operations_and_the_description_agree():
    served = {
        (one.method, ("/api/v2" if one.version == 2 else "/v1") + one.path): (one.cost, set(one.scopes))
        for one in OPERATIONS
    }
    described = {key: (one["x-token-cost"], set(one["x-scopes"])) for key, one in _paths().items()}
    assert served == described


READS: list[tuple[str, dict[str, str]]] = [
    ("/api/v2/deals", {"ids": "1,2", "sort_by": "update_time", "sort_direction": "desc", "limit": "1"}),
    (
        "/api/v2/deals",
        {"include_fields": "products_count,notes_count", "include_labels": "true", "status": "open"},
    ),
    ("/api/v2/deals", {"owner_id": "9100002", "updated_since": "2026-01-01T00:00:00Z"}),
    ("/api/v2/deals/archived", {}),
    ("/api/v2/deals/products", {"deal_ids": "1,2,12", "limit": "2"}),
    ("/api/v2/deals/installments", {"deal_ids": "3"}),
    ("/api/v2/deals/installments", {"deal_ids": "3", "limit": "1"}),
    ("/api/v2/deals/11", {"include_option_labels": "true", "custom_fields": custom_code("deal", "Priority")}),
    ("/api/v2/deals/99", {}),
    ("/api/v2/deals/1/products", {"sort_by": "order_nr"}),
    ("/api/v2/deals/2/discounts", {}),
    ("/api/v2/persons", {"deal_id": "1", "include_fields": "open_deals_count"}),
    ("/api/v2/persons", {"org_id": "201"}),
    ("/api/v2/persons/306", {}),
    ("/api/v2/organizations", {"limit": "2"}),
    ("/api/v2/organizations/205", {"include_fields": "people_count"}),
    ("/api/v2/products", {"sort_by": "name"}),
    ("/api/v2/products/401", {}),
    ("/api/v2/products/401/variations", {"limit": "1"}),
    ("/api/v2/deals/search", {"term": "studio", "fields": "title"}),
    ("/api/v2/persons/search", {"term": "mari", "organization_id": "201"}),
    ("/api/v2/organizations/search", {"term": "har"}),
    ("/api/v2/products/search", {"term": "SRV-01", "exact_match": "true"}),
    *[
        (f"/api/v2/{entity}Fields", {"limit": "10"})
        for entity in ("deal", "person", "organization", "product")
    ],
    *[
        (f"/api/v2/{entity}Fields", {"limit": "500"})
        for entity in ("deal", "person", "organization", "product")
    ],
    ("/api/v2/dealFields/title", {"include_fields": "ui_visibility,required_fields"}),
    ("/api/v2/personFields/email", {}),
    ("/api/v2/organizationFields/address", {}),
    ("/api/v2/productFields/prices", {}),
    ("/api/v2/pipelines", {}),
    ("/api/v2/pipelines/1", {}),
    ("/api/v2/stages", {"pipeline_id": "2", "sort_by": "order_nr"}),
    ("/api/v2/stages/11", {}),
    ("/v1/users/me", {}),
    ("/v1/users", {}),
    ("/v1/currencies", {"term": "eur"}),
    ("/v1/deals/1/permittedUsers", {}),
    ("/v1/notes", {"deal_id": "1", "start": "0", "limit": "5"}),
    ("/v1/webhooks", {}),
]
HOOK = {"subscription_url": "http://127.0.0.1:9/x", "event_action": "*", "event_object": "*", "name": "x"}
NEW_FIELD = {"field_name": "Size", "field_type": "set", "options": [{"label": "S"}, {"label": "M"}]}
# Later calls use what earlier ones made.
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/api/v2/deals", {"title": "T", "value": 12.5, "currency": "EUR", "label_ids": [21]}),
    ("PATCH", "/api/v2/deals/6", {"stage_id": 16, "custom_fields": {custom_code("deal", "Margin"): 4}}),
    ("PATCH", "/api/v2/deals/99", {"title": "T"}),
    ("POST", "/api/v2/deals/6/products", {"product_id": 406, "item_price": 29, "quantity": 2, "comments": "c"}),
    ("PATCH", "/api/v2/deals/1/products/5001", {"is_enabled": False, "billing_start_date": "2027-01-01"}),
    ("DELETE", "/api/v2/deals/1/products/5001", None),
    ("POST", "/api/v2/deals/6/discounts", {"description": "d", "amount": 5, "type": "percentage"}),
    ("POST", "/api/v2/deals/10/installments", {"description": "d", "amount": 5, "billing_date": "2027-01-01"}),
    ("DELETE", "/api/v2/deals/7", None),
    ("POST", "/api/v2/persons", {"name": "A B", "emails": [{"value": "a@b.example", "primary": True, "label": "work"}]}),
    ("PATCH", "/api/v2/persons/301", {"job_title": None, "postal_address": {"value": "x"}}),
    ("DELETE", "/api/v2/persons/302", None),
    ("POST", "/api/v2/organizations", {"name": "O", "address": {"value": "x", "country": "France"}}),
    ("PATCH", "/api/v2/organizations/201", {"website": "https://o.example", "employee_count": 3}),
    ("DELETE", "/api/v2/organizations/206", None),
    ("POST", "/api/v2/products", {"name": "P", "prices": [{"price": 1, "currency": "USD"}]}),
    ("PATCH", "/api/v2/products/401", {"tax": 7.5, "prices": [{"price": 2, "currency": "EUR", "cost": 1}]}),
    ("DELETE", "/api/v2/products/408", None),
    *[("POST", f"/api/v2/{entity}Fields", NEW_FIELD) for entity in ("deal", "person", "organization", "product")],
    *[
        (method, f"/api/v2/{entity}Fields/{custom_code(entity, name)}", body)
        for entity, name in (("deal", "Tax ID"), ("person", "Tax ID"), ("organization", "Tax ID"), ("product", "Supplier SKU"))
        for method, body in (("PATCH", {"field_name": "Renamed"}), ("DELETE", None))
    ],
    ("POST", "/v1/notes", {"content": "x", "deal_id": 6, "pinned_to_deal_flag": 1}),
    ("PUT", "/v1/notes/8001", {"content": "y"}),
    ("DELETE", "/v1/notes/8001", None),
    ("POST", "/v1/webhooks", HOOK),
    ("GET", "/v1/webhooks", None),
    ("DELETE", "/v1/webhooks/901", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def checked():
    """Gives a function that makes a call and holds it against the description."""
    core = pytest.importorskip("openapi_core", reason="openapi-core is not installed")
    contrib = pytest.importorskip("openapi_core.contrib.requests")

    with Running(settings()) as running:
        client = connect(running)
        description = core.OpenAPI.from_dict({**DESCRIPTION, "servers": [{"url": running.url}]})
        headers = {"Authorization": f"Bearer {client.token['access_token']}"}
        session = requests.Session()

        def check(method: str, path: str, params: dict[str, str], body: Any) -> int:
            request = requests.Request(method, running.url + path, headers=headers, params=params, json=body)
            prepared = session.prepare_request(request)
            asked = contrib.RequestsOpenAPIRequest(prepared)
            description.validate_request(asked)
            response = session.send(prepared, timeout=5)
            description.validate_response(asked, contrib.RequestsOpenAPIResponse(response))
            return response.status_code

        yield check


@pytest.mark.parametrize(("path", "params"), READS)
def test_reading_keeps_to_the_description(checked, path, params):
    assert checked("GET", path, params, None) == (404 if path.endswith("/99") else 200)


def test_writing_keeps_to_the_description(checked):
    for method, path, body in WRITES:
        status = checked(method, path, {}, body)
        assert status in ({404} if path.endswith("/99") else {200, 201}), (method, path, status)


def test_no_operation_is_left_out():
    called = {("GET", path) for path, _params in READS} | {(method, path) for method, path, _body in WRITES}
    left = []
    for operation in OPERATIONS:
        prefix = "/api/v2" if operation.version == 2 else "/v1"
        paths = (path for method, path in called if method == operation.method and path.startswith(prefix))
        if not any(operation.pattern.fullmatch(path.removeprefix(prefix)) for path in paths):
            left.append((operation.method, operation.path))
    assert left == []


OFFICIAL = """
const { v1, v2 } = require("pipedrive");
(async () => {
  const [host, code, redirectUri] = process.argv.slice(1);
  const config = new v2.OAuth2Configuration({ clientId: "demo-app", clientSecret: "demo-secret", redirectUri, host });
  await config.authorize(code);
  const deals = new v2.DealsApi(config);
  const page = await deals.getDeals({ limit: 2 });
  const next = await deals.getDeals({ limit: 2, cursor: page.additional_data.next_cursor });
  const lines = await new v2.DealProductsApi(config).getDealsProducts({ deal_ids: [1, 2] });
  const changed = await deals.updateDeal({ id: 6, UpdateDealRequest: { title: "By the official client" } });
  await config.tokenRefresh();
  const person = await new v2.PersonsApi(config).getPerson({ id: 301 });
  const found = await new v2.ProductsApi(config).searchProducts({ term: "drill" });
  const fields = await new v2.DealFieldsApi(config).getDealFields({});
  const old = new v1.Configuration({ accessToken: config.accessToken, basePath: `${host}/api/v1` });
  const me = await new v1.UsersApi(old).getCurrentUser();
  const note = await new v1.NotesApi(old).addNote({ AddNoteRequest: { content: "n", deal_id: 6 } });
  let status = 0;
  try { await deals.getDeal({ id: 99 }); } catch (problem) { status = problem.error; }
  await config.revokeToken("refresh_token");
  console.log(JSON.stringify({
    ids: [...page.data, ...next.data].map((deal) => deal.id), lines: lines.data.length, title: changed.data.title,
    person: person.data.name, found: found.data.items.length, fields: fields.data.length > 10,
    me: me.data.company_id, note: note.data.deal_id, status,
  }));
})().catch((problem) => { console.error(problem); process.exit(1); });
"""


def _node_modules() -> Path | None:
    """The folder with the official client, where `make install-dev` put it."""
    place = Path(__file__).resolve().parents[1] / "npm/node_modules"
    return place if (place / "pipedrive").is_dir() else None


def _node() -> str | None:
    """The Node.js that came with the packages, else whichever there is."""
    own = Path(sys.executable).parent / "node"
    return str(own) if own.exists() else shutil.which("node")


def test_the_official_client_of_the_vendor_works_unmodified(running):
    modules, node = _node_modules(), _node()
    if modules is None or node is None:
        assert not os.environ.get("CI"), "the npm package pipedrive or Node.js is missing"
        pytest.skip("the npm package pipedrive is not installed: make install-dev")
    arguments = [running.url, new_code(running), running.world.settings.callback_url]
    done = subprocess.run(
        [node, "-e", OFFICIAL, *arguments],
        env={"NODE_PATH": str(modules), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == {
        "ids": [1, 2, 3, 4],
        "lines": 6,
        "title": "By the official client",
        "person": "Marisol Vance",
        "found": 1,
        "fields": True,
        "me": 7700001,
        "note": 6,
        "status": "Deal not found",
    }
    assert control(running, "expire-tokens") == {"expired": 2}
    assert Client(running, {"access_token": "x"}).call("GET", "/v1/users/me").status_code == 401
