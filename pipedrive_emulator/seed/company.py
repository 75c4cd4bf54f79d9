"""Bluestem Supply: its people, currencies and pipelines."""

from __future__ import annotations

from pipedrive_emulator.core.store import Row, Store

DANA, RAVI, LIN = 9100001, 9100002, 9100003
THEN = "2026-02-02T09:00:00Z"
_PEOPLE = (
    (DANA, "Dana Whitfield", "dana@bluestem-supply.example", True),
    (RAVI, "Ravi Patel", "ravi@bluestem-supply.example", False),
    (LIN, "Lin Okafor", "lin@bluestem-supply.example", False),
)
_CURRENCIES = (
    ("EUR", "Euro", 2, "€", False),
    ("USD", "US Dollar", 2, "$", False),
    ("GBP", "British Pound Sterling", 2, "£", False),
    ("JPY", "Japanese Yen", 0, "¥", False),
    ("CAD", "Canadian Dollar", 2, "CA$", False),
    ("PTS", "Loyalty points", 0, "PTS", True),
)
_PIPELINES = (
    ("Sales", ("Qualified", "Contact made", "Proposal sent", "Negotiation")),
    ("Renewals", ("Upcoming", "Offer sent", "Agreed")),
)


def write(store: Store, company_id: int) -> None:
    """Write the company into an empty store."""
    store.put(
        "company",
        {
            "id": company_id,
            "name": "Bluestem Supply",
            "domain": "bluestem-supply",
            "country": "US",
            "industry": "Wholesale",
            "currency": "USD",
        },
    )
    for user_id, name, email, admin in _PEOPLE:
        store.put("user", _user(user_id, name, email, is_admin=admin))
    for code, name, decimals, symbol, custom in _CURRENCIES:
        row = {"id": store.next_id("currency"), "code": code, "name": name, "decimal_points": decimals}
        store.put("currency", {**row, "symbol": symbol, "active_flag": True, "is_custom_flag": custom})
    for place, (name, stages) in enumerate(_PIPELINES, start=1):
        pipeline: Row = {
            "id": store.next_id("pipeline"),
            "name": name,
            "order_nr": place,
            "is_deleted": False,
        }
        store.put(
            "pipeline",
            {**pipeline, "is_deal_probability_enabled": True, "add_time": THEN, "update_time": THEN},
        )
        for number, stage in enumerate(stages, start=1):
            store.put("stage", _stage(store.next_id("stage"), stage, number, pipeline["id"]))


def _user(user_id: int, name: str, email: str, *, is_admin: bool) -> Row:
    access = [{"app": "sales", "admin": is_admin, "permission_set_id": f"sales-{user_id}"}]
    access.append({"app": "global", "admin": is_admin, "permission_set_id": f"global-{user_id}"})
    if is_admin:
        access.append({"app": "account_settings", "admin": True, "permission_set_id": f"account-{user_id}"})
    return {
        "id": user_id,
        "name": name,
        "default_currency": "USD",
        "locale": "en_US",
        "lang": 1,
        "email": email,
        "phone": None,
        "activated": True,
        "last_login": "2026-11-20 08:45:56",
        "created": "2026-02-02 09:00:00",
        "modified": "2026-11-20 08:45:56",
        "has_created_company": is_admin,
        "access": access,
        "active_flag": True,
        "timezone_name": "America/Chicago",
        "timezone_offset": "-06:00",
        "role_id": 1,
        "icon_url": None,
        "is_deleted": False,
    }


def _stage(stage_id: int, name: str, number: int, pipeline_id: int) -> Row:
    return {
        "id": stage_id,
        "order_nr": number,
        "name": name,
        "is_deleted": False,
        "deal_probability": 100,
        "pipeline_id": pipeline_id,
        "is_deal_rot_enabled": False,
        "days_to_rotten": None,
        "add_time": THEN,
        "update_time": THEN,
    }
