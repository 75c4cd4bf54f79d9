"""Every operation of the API: its path, what it costs, which scopes open it, and who answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipedrive_emulator.api import fields, lines, notes, reading, searching, v1, webhooks, writing
from pipedrive_emulator.api.reading import Handler

DEALS_READ = ("deals:read", "deals:full")
DEALS_FULL = ("deals:full",)
CONTACTS_READ = ("contacts:read", "contacts:full")
CONTACTS_FULL = ("contacts:full",)
PRODUCTS_READ = ("products:read", "products:full")
PRODUCTS_FULL = ("products:full",)
LINES_READ = (*PRODUCTS_READ, *DEALS_READ)
LINES_FULL = ("products:full", "deals:full")
NOTES_READ = (*DEALS_READ, *CONTACTS_READ)
NOTES_FULL = ("deals:full", "contacts:full")
PIPELINES = (*DEALS_READ, "admin")
WEBHOOKS = ("webhooks:full", "admin")
# Everybody has the base scope.
BASE = ("base",)


@dataclass(frozen=True)
class Operation:
    """One operation; its pattern is made out of the path."""

    version: int
    method: str
    path: str
    cost: int
    scopes: tuple[str, ...]
    handler: Handler
    status: int = 200
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def is_search(self) -> bool:
        """Return whether the tighter limit of searches counts."""
        return self.path.endswith("/search")


def _fields(path: str, entity: str, read: tuple[str, ...], full: tuple[str, ...]) -> list[Operation]:
    return [
        Operation(2, "GET", path, 10, (*read, *full), fields.lister(entity)),
        Operation(2, "POST", path, 5, full, fields.creator(entity)),
        Operation(2, "GET", path + "/{code}", 1, (*read, *full), fields.getter(entity)),
        Operation(2, "PATCH", path + "/{code}", 5, full, fields.updater(entity)),
        Operation(2, "DELETE", path + "/{code}", 3, full, fields.deleter(entity)),
    ]


def _entity(path: str, entity: str, read: tuple[str, ...], full: tuple[str, ...]) -> list[Operation]:
    listing = reading.list_deals if entity == "deal" else reading.lister(entity)
    made = 201 if entity == "product" else 200
    return [
        Operation(2, "GET", path, 10, read, listing),
        Operation(2, "POST", path, 5, full, writing.creator(entity), made),
        Operation(2, "GET", path + "/search", 20, (*read, "search:read"), searching.searcher(entity)),
        Operation(2, "GET", path + "/{id}", 1, read, reading.getter(entity)),
        Operation(2, "PATCH", path + "/{id}", 5, full, writing.updater(entity)),
        Operation(2, "DELETE", path + "/{id}", 3, full, writing.deleter(entity)),
    ]


_LINE = "/deals/{id}/products/{line_id}"
# Paths without a number come before those with one, which would take them too.
OPERATIONS: list[Operation] = [
    Operation(2, "GET", "/deals/products", 10, LINES_READ, lines.list_lines_of_many),
    Operation(2, "GET", "/deals/installments", 10, DEALS_READ, lines.list_installments),
    Operation(2, "GET", "/deals/archived", 20, DEALS_READ, reading.list_archived),
    *_entity("/deals", "deal", DEALS_READ, DEALS_FULL),
    Operation(2, "GET", "/deals/{id}/products", 10, LINES_READ, lines.list_lines),
    Operation(2, "POST", "/deals/{id}/products", 5, LINES_FULL, lines.add_line, 201),
    Operation(2, "PATCH", _LINE, 5, LINES_FULL, lines.update_line),
    Operation(2, "DELETE", _LINE, 3, LINES_FULL, lines.delete_line),
    Operation(2, "GET", "/deals/{id}/discounts", 10, DEALS_READ, lines.list_discounts),
    Operation(2, "POST", "/deals/{id}/discounts", 5, DEALS_FULL, lines.add_discount, 201),
    Operation(2, "POST", "/deals/{id}/installments", 5, DEALS_FULL, lines.add_installment),
    *_entity("/persons", "person", CONTACTS_READ, CONTACTS_FULL),
    *_entity("/organizations", "organization", CONTACTS_READ, CONTACTS_FULL),
    *_entity("/products", "product", PRODUCTS_READ, PRODUCTS_FULL),
    Operation(2, "GET", "/products/{id}/variations", 10, PRODUCTS_READ, reading.list_variations),
    *_fields("/dealFields", "deal", DEALS_READ, ("admin", "deal-fields:full")),
    *_fields("/personFields", "person", CONTACTS_READ, ("admin", "contact-fields:full")),
    *_fields("/organizationFields", "organization", CONTACTS_READ, ("admin", "contact-fields:full")),
    *_fields("/productFields", "product", ("products:read",), ("products:full", "product-fields:full")),
    Operation(2, "GET", "/pipelines", 5, PIPELINES, reading.list_pipelines),
    Operation(2, "GET", "/pipelines/{id}", 1, PIPELINES, reading.plain_getter("pipeline")),
    Operation(2, "GET", "/stages", 5, PIPELINES, reading.list_stages),
    Operation(2, "GET", "/stages/{id}", 1, PIPELINES, reading.plain_getter("stage")),
    Operation(1, "GET", "/users/me", 2, BASE, v1.me),
    Operation(1, "GET", "/users", 20, ("users:read", "admin"), v1.users),
    Operation(1, "GET", "/currencies", 20, BASE, v1.currencies),
    Operation(1, "GET", "/deals/{id}/permittedUsers", 10, DEALS_READ, v1.permitted_users),
    Operation(1, "GET", "/notes", 20, NOTES_READ, notes.list_notes),
    Operation(1, "POST", "/notes", 10, NOTES_FULL, notes.add_note),
    Operation(1, "PUT", "/notes/{id}", 10, NOTES_FULL, notes.update_note),
    Operation(1, "DELETE", "/notes/{id}", 6, NOTES_FULL, notes.delete_note),
    Operation(1, "GET", "/webhooks", 10, WEBHOOKS, webhooks.list_webhooks),
    Operation(1, "POST", "/webhooks", 10, WEBHOOKS, webhooks.add_webhook, 201),
    Operation(1, "DELETE", "/webhooks/{id}", 6, WEBHOOKS, webhooks.delete_webhook),
]


def find(version: int, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation for a path, with the ids in it."""
    for operation in OPERATIONS:
        if (operation.version, operation.method) == (version, method):
            match = operation.pattern.fullmatch(path)
            if match:
                return operation, match.groupdict()
    return None
