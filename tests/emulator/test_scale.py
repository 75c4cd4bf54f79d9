"""Large companies written in bulk, and many small ones that share what they have not written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbo_emulator.core.clock import Clock
from qbo_emulator.core.field_values import stored
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.json_codec import decode, encode
from qbo_emulator.operations import engine
from qbo_emulator.query.run import answer
from qbo_emulator.seed.build import open_company
from qbo_emulator.state import dump, load
from qbo_emulator.web.invoice_state import state_of
from qbo_emulator.world import Settings, World
from tests.emulator.client import invoice_body

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["us", "gb", "us-multi"])
def large(request: pytest.FixtureRequest) -> Company:
    return open_company(request.param, 1, NOW, customers=150, invoices=1500)


def test_a_large_company_has_the_size_that_was_asked_for(large: Company) -> None:
    assert len(large.table("Invoice").rows) == 1500
    assert len(large.table("Customer").rows) == 150
    states = Counter(state_of(row.data, large.today(NOW))[0] for row in large.table("Invoice").rows.values())
    assert states["paid"] > 1000
    assert min(states[name] for name in ("open", "overdue", "voided")) > 10
    years = Counter(row.data["TxnDate"][:4] for row in large.table("Invoice").rows.values())
    assert years["2026"] > years["2025"] > years["2024"] > years["2023"]


def test_rows_written_in_bulk_are_those_the_rules_would_write(large: Company) -> None:
    scratch = large.twin("2")
    kind = ENTITY_TYPES["Invoice"]
    for row in list(scratch.table("Invoice").rows.values())[::40]:
        before = row.data
        if str(before.get("PrivateNote", "")).startswith("Voided"):
            continue
        assert list(before) == list(kind.arrange(before))
        again = engine.save(scratch, kind, {"Id": row.qbo_id}, NOW, engine.PAGE).data
        changed = {name for name in {*before, *again} if before.get(name) != again.get(name)}
        assert changed <= {"SyncToken", "MetaData"}
    payment = ENTITY_TYPES["Payment"]
    for row in list(scratch.table("Payment").rows.values())[::60]:
        again = engine.save(scratch, payment, {"Id": row.qbo_id}, NOW, engine.PAGE).data
        changed = {name for name in {*row.data, *again} if row.data.get(name) != again.get(name)}
        assert changed <= {"SyncToken", "MetaData"}


def test_the_books_of_a_large_company_add_up(large: Company) -> None:
    owed: dict[str, Decimal] = {}
    for row in large.table("Invoice").rows.values():
        paid = sum(large.applied.get(row.qbo_id, {}).values(), Decimal(0))
        assert row.data["Balance"] == stored(row.data["TotalAmt"]) - paid >= 0
        customer = row.data["CustomerRef"]["value"]
        owed[customer] = owed.get(customer, Decimal(0)) + stored(row.data["Balance"])
    for row in large.table("Customer").rows.values():
        assert row.data["Balance"] == owed.get(row.qbo_id, 0)
    for payment in large.table("Payment").rows.values():
        invoice = large.table("Invoice").rows[payment.data["Line"][0]["LinkedTxn"][0]["TxnId"]]
        assert payment.qbo_id in {link["TxnId"] for link in invoice.data["LinkedTxn"]}
        assert int(payment.qbo_id) > int(invoice.qbo_id)


def test_packed_cells_say_what_the_text_says(large: Company) -> None:
    for kind in ("Invoice", "Payment", "Customer", "Item"):
        table = large.table(kind)
        for row in list(table.rows.values())[::30]:
            cells = row.cells
            assert cells is not None
            other = type(row)(kind, row.qbo_id, row.data, row.updated)
            for name in table.columns:
                assert table.cell(row, name) == table.cell(other, name), name


def test_tables_stand_in_the_order_of_their_changes(large: Company) -> None:
    for kind in ("Invoice", "Payment", "Customer"):
        table = large.table(kind)
        assert table.in_time_order
        told = [row.data["MetaData"]["LastUpdatedTime"] for row in table.changed_since(None)]
        moments = [datetime.fromisoformat(text) for text in told]
        assert moments == sorted(moments)


def test_pages_by_id_and_by_change_are_whole(large: Company) -> None:
    for order in ("Id", "MetaData.LastUpdatedTime"):
        seen: list[str] = []
        for start in (1, 1001):
            text = f"select * from Invoice orderby {order} startposition {start} maxresults 1000"
            page = decode(encode(answer(large, text, NOW)))["Invoice"]
            seen += [row["Id"] for row in page]
        assert len(seen) == len(set(seen)) == 1500
        assert order != "Id" or seen == sorted(seen, key=int)


def _world(**more: Any) -> World:
    clock = Clock(source=lambda: NOW)
    world = World(Settings(profiles=("us-2",), seed="scale", companies=40, **more), clock=clock)
    world.refill()
    return world


def test_small_companies_are_opened_when_they_are_touched() -> None:
    world = _world()
    shown = world.connect_ready()
    assert len(shown) == len({row["realm_id"] for row in shown}) == 41
    assert len(world.companies) == 1
    company = world.companies[shown[20]["realm_id"]]
    assert company.name == shown[20]["name"]
    assert len(company.table("Invoice").rows) == 6
    assert len(world.companies) == 2
    assert world.companies.find("1") is None


def test_a_small_company_writes_in_books_of_its_own() -> None:
    world = _world(invoices=3)
    # Both are copies of one template.
    one, other = (world.companies[world.connect_ready()[place]["realm_id"]] for place in (1, 9))
    before = other.table("Invoice").newest_first()
    texts = [str(row.text) for row in before]
    made = engine.save(one, ENTITY_TYPES["Invoice"], invoice_body("1", 25), NOW)
    engine.remove(one, ENTITY_TYPES["Invoice"], {"Id": made.qbo_id, "SyncToken": "0"}, NOW)
    engine.save(one, ENTITY_TYPES["Customer"], {"DisplayName": "Only here"}, NOW)
    assert [str(row.text) for row in other.table("Invoice").newest_first()] == texts
    assert other.name_owner("Only here") is None
    assert one.name_owner("Only here") is not None
    assert made.qbo_id not in other.table("Invoice").deleted


def test_small_companies_outlive_a_restart() -> None:
    world = _world()
    touched, waiting = (world.connect_ready()[place]["realm_id"] for place in (5, 6))
    made = engine.save(world.companies[touched], ENTITY_TYPES["Customer"], {"DisplayName": "Kept"}, NOW)
    again = load(dump(world), Settings(profiles=("us-2",)))
    assert again.companies[touched].row("Customer", made.qbo_id) is not None
    assert again.companies[waiting].name == world.companies[waiting].name
    assert [name for _, name in again.companies.names()] == [name for _, name in world.companies.names()]


def test_ten_thousand_companies_cost_nothing_to_have() -> None:
    clock = Clock(source=lambda: NOW + timedelta(days=1))
    world = World(Settings(profiles=("us-2",), seed="scale", companies=10_000), clock=clock)
    world.refill()
    assert sum(1 for _ in world.companies.names()) == 10_001
    assert len(world.companies) == 1
