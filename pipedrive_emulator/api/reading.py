"""API v2: reading deals, people, organizations, products, pipelines and stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipedrive_emulator.api.call import Call, page, success
from pipedrive_emulator.core.errors import invalid
from pipedrive_emulator.core.store import Row, may_see

MOST_CUSTOM_FIELDS = 15
_COMMON = "next_activity_id last_activity_id"
_COUNTS = "email_messages_count activities_count done_activities_count undone_activities_count files_count notes_count followers_count"
OPTIONAL = {
    "deal": f"{_COMMON} {_COUNTS} first_won_time products_count participants_count last_incoming_mail_time "
    "last_outgoing_mail_time smart_bcc_email source_lead_id",
    "person": f"{_COMMON} {_COUNTS} open_deals_count related_open_deals_count closed_deals_count "
    "related_closed_deals_count participant_open_deals_count participant_closed_deals_count won_deals_count "
    "related_won_deals_count lost_deals_count related_lost_deals_count last_incoming_mail_time "
    "last_outgoing_mail_time marketing_status doi_status smart_bcc_email",
    "organization": f"{_COMMON} {_COUNTS} open_deals_count related_open_deals_count closed_deals_count "
    "related_closed_deals_count people_count won_deals_count related_won_deals_count lost_deals_count "
    "related_lost_deals_count smart_bcc_email",
    "product": "",
}
FILTERS = {
    "deal": ("owner_id", "person_id", "org_id", "pipeline_id", "stage_id"),
    "person": ("owner_id", "org_id"),
    "organization": ("owner_id",),
    "product": ("owner_id",),
}
TIMES = ("id", "update_time", "add_time")
Handler = Callable[[Call], Row]


def _counted(call: Call, entity: str, row: Row, name: str) -> Any:
    """The value of a column that comes only when it is asked for."""
    store = call.store
    if name == "products_count":
        return len(store.lines(row["id"]))
    if name == "notes_count":
        owner = {"deal": "deal_id", "person": "person_id", "organization": "org_id"}[entity]
        return sum(1 for note in store.table("note").values() if note[owner] == row["id"])
    if name == "people_count":
        return sum(1 for person in store.table("person").values() if person["org_id"] == row["id"])
    if name.endswith("deals_count"):
        owner = "person_id" if entity == "person" else "org_id"
        wanted = {"open": ("open",), "won": ("won",), "lost": ("lost",), "closed": ("won", "lost")}
        words = next((wanted[word] for word in name.split("_") if word in wanted), ())
        deals = store.table("deal").values()
        return sum(1 for deal in deals if deal[owner] == row["id"] and deal["status"] in words)
    if name.endswith("_count"):
        return 0
    if name == "smart_bcc_email":
        return f"{call.world.company['domain']}+{entity}{row['id']}@emulator.example"
    return None


def _labelled(field: Row, value: Any) -> Any:
    labels = {option["id"]: option["label"] for option in field["options"] or []}
    if field["field_type"] == "enum" and value is not None:
        return {"id": value, "label": labels.get(value)}
    if field["field_type"] == "set" and value is not None:
        return [{"id": option, "label": labels.get(option)} for option in value]
    return value


def shown(call: Call, entity: str, row: Row) -> Row:
    """Return a row as API v2 answers it, with the extra columns that were asked for."""
    found = dict(row)
    extra = call.several("include_fields")
    allowed = OPTIONAL[entity].split()
    for name in extra:
        if name not in allowed:
            raise invalid(f"Validation failed: include_fields: {name} is not known")
        found[name] = _counted(call, entity, row, name)
    codes = call.several("custom_fields")
    if len(codes) > MOST_CUSTOM_FIELDS:
        raise invalid(f"Validation failed: custom_fields: no more than {MOST_CUSTOM_FIELDS} keys")
    customs = dict(row["custom_fields"])
    if codes:
        customs = {code: customs[code] for code in codes if code in customs}
    if call.boolean("include_option_labels"):
        fields = call.store.fields[entity]
        customs = {code: _labelled(fields[code], value) for code, value in customs.items()}
    if call.boolean("include_labels"):
        options = call.store.fields[entity]["label_ids"]["options"] or []
        found["labels"] = [option for option in options if option["id"] in row["label_ids"]]
    found["custom_fields"] = customs
    return found


def _belongs(call: Call, entity: str) -> Callable[[Row], bool]:
    """Whether a row passes the filters of the query."""
    ids = call.ids("ids")
    wanted = {name: call.integer(name) for name in FILTERS[entity]}
    since, until = call.moment("updated_since"), call.moment("updated_until")
    deal_id = call.integer("deal_id") if entity == "person" else None
    if call.get("filter_id") is not None:
        raise invalid("Validation failed: filter_id: the filter does not exist")

    def test(row: Row) -> bool:
        if not may_see(call.user, row) or (ids is not None and row["id"] not in ids):
            return False
        if any(value is not None and row[name] != value for name, value in wanted.items()):
            return False
        if deal_id is not None:
            deal = call.store.get("deal", deal_id)
            if deal is None or deal["person_id"] != row["id"]:
                return False
        if since is not None and row["update_time"] < since:
            return False
        return until is None or row["update_time"] < until

    return test


def _listing(call: Call, entity: str, rows: list[Row], orders: tuple[str, ...]) -> Row:
    found, cursor = page(call, rows, orders)
    data = [shown(call, entity, row) for row in found]
    return success(data, additional_data={"next_cursor": cursor})


def list_deals(call: Call) -> Row:
    """Return deals; deleted ones only when asked for by status, archived ones never."""
    status = call.choice("status", ("open", "won", "lost", "deleted"))
    passes = _belongs(call, "deal")
    rows = [
        row
        for row in call.store.table("deal").values()
        if passes(row)
        and not row["is_archived"]
        and (row["status"] == status if status else not row["is_deleted"])
    ]
    return _listing(call, "deal", rows, TIMES)


def list_archived(call: Call) -> Row:
    """Return archived deals."""
    passes = _belongs(call, "deal")
    rows = [row for row in call.store.table("deal").values() if passes(row) and row["is_archived"]]
    return _listing(call, "deal", rows, TIMES)


def lister(entity: str) -> Handler:
    """Return the handler that lists an entity."""

    def handler(call: Call) -> Row:
        passes = _belongs(call, entity)
        table = call.store.table(entity).values()
        rows = [row for row in table if passes(row) and not row["is_deleted"]]
        return _listing(call, entity, rows, ("name", *TIMES) if entity == "product" else TIMES)

    return handler


def getter(entity: str) -> Handler:
    """Return the handler that reads one row; a deleted one is still there, marked as deleted."""

    def handler(call: Call) -> Row:
        return success(shown(call, entity, call.row(entity, call.path_id())))

    return handler


def list_variations(call: Call) -> Row:
    """Return the variations of a product."""
    product = call.row("product", call.path_id())
    rows = [row for row in call.store.table("variation").values() if row["product_id"] == product["id"]]
    found, cursor = page(call, rows, ())
    return success(found, additional_data={"next_cursor": cursor})


def list_pipelines(call: Call) -> Row:
    """Return the pipelines."""
    found, cursor = page(call, list(call.store.table("pipeline").values()), TIMES)
    return success(found, additional_data={"next_cursor": cursor})


def list_stages(call: Call) -> Row:
    """Return the stages, of one pipeline if that is asked for."""
    wanted = call.integer("pipeline_id")
    rows = [row for row in call.store.table("stage").values() if wanted in {None, row["pipeline_id"]}]
    found, cursor = page(call, rows, (*TIMES, "order_nr"))
    return success(found, additional_data={"next_cursor": cursor})


def plain_getter(kind: str) -> Handler:
    """Return the handler that reads a pipeline or a stage."""

    def handler(call: Call) -> Row:
        return success(call.row(kind, call.path_id()))

    return handler
