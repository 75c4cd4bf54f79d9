"""The rows of the one company, in the shapes of API v2."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

# Every kind counts from a place of its own, so that an id taken for another kind's shows up at once.
FIRST_IDS = {
    "deal": 1,
    "organization": 201,
    "person": 301,
    "product": 401,
    "variation": 451,
    "deal_product": 5001,
    "deal_installment": 6001,
    "note": 8001,
    "webhook": 901,
    "option": 71,
    "pipeline": 1,
    "stage": 11,
    "currency": 1,
}
ENTITIES = ("deal", "person", "organization", "product")


class Store:
    """Tables by kind; ids are numbers, except those of discounts and field definitions."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Any, Row]] = {}
        self.fields: dict[str, dict[str, Row]] = {entity: {} for entity in ENTITIES}
        self._next = dict(FIRST_IDS)

    def next_id(self, kind: str) -> int:
        """Return a number that no row of this kind has had."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    def table(self, kind: str) -> dict[Any, Row]:
        """Return the rows of a kind by their ids."""
        return self.tables.setdefault(kind, {})

    def get(self, kind: str, row_id: Any) -> Row | None:
        """Return one row, or nothing when there is none."""
        return self.table(kind).get(row_id)

    def put(self, kind: str, row: Row) -> Row:
        """Keep a row under its id and return it."""
        self.table(kind)[row["id"]] = row
        return row

    def lines(self, deal_id: int) -> list[Row]:
        """Return the product lines of a deal in their order."""
        rows = [row for row in self.table("deal_product").values() if row["deal_id"] == deal_id]
        return sorted(rows, key=lambda row: (row["order_nr"], row["id"]))

    def discounts(self, deal_id: int) -> list[Row]:
        """Return the discounts on a whole deal."""
        return [row for row in self.table("deal_discount").values() if row["deal_id"] == deal_id]

    def installments(self, deal_id: int) -> list[Row]:
        """Return the installments of a deal."""
        return [row for row in self.table("deal_installment").values() if row["deal_id"] == deal_id]


def is_admin(user: Row) -> bool:
    """Return whether a user is an administrator of the company."""
    return any(access["admin"] for access in user["access"] if access["app"] == "global")


def may_see(user: Row, row: Row) -> bool:
    """Return whether a user may see a row: administrators see all, others what is theirs or shared."""
    return is_admin(user) or row.get("owner_id") == user["id"] or row.get("visible_to") != 1
