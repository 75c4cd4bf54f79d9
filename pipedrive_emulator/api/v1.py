"""API v1: what has no successor yet - users, currencies, who may see a deal."""

from __future__ import annotations

from pipedrive_emulator.api.call import Call, success
from pipedrive_emulator.core.store import Row, may_see


def me(call: Call) -> Row:
    """Return the user behind the token, with the company."""
    company = call.world.company
    return success(
        {
            **call.user,
            "is_you": True,
            "company_id": company["id"],
            "company_name": company["name"],
            "company_domain": company["domain"],
            "company_country": company["country"],
            "company_industry": company["industry"],
            "language": {"language_code": "en", "country_code": "US"},
        }
    )


def users(call: Call) -> Row:
    """Return everyone in the company."""
    return success([{**user, "is_you": user["id"] == call.user["id"]} for user in call.world.users()])


def currencies(call: Call) -> Row:
    """Return the currencies of the company, its own ones too."""
    term = (call.get("term") or "").casefold()
    rows = call.store.table("currency").values()
    return success([row for row in rows if term in f"{row['name']} {row['code']}".casefold()])


def permitted_users(call: Call) -> Row:
    """Return the ids of everyone who may see a deal."""
    deal = call.row("deal", call.path_id())
    return success([user["id"] for user in call.world.users() if may_see(user, deal)])
