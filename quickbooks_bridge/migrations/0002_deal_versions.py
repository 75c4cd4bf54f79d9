"""Versions of deals, drawn anew by triggers: no way of writing an invoice can forget them.

SQLite drops the triggers of a table that a later migration builds anew; tests/bridge/test_deal_versions.py notices.
"""

from django.db import migrations

TABLE, VERSIONS = "quickbooks_bridge_invoice", "quickbooks_bridge_dealversion"
ROWS = {
    "insert": ("new",),
    "update": ("old", "new"),
    "delete": ("old",),
}
# An update that leaves the invoice with its deal draws once, and one that concerns no deal not at all.
WHEN = {"update": "WHEN old.deal_id IS NOT NULL OR new.deal_id IS NOT NULL "}
ALSO = {("update", "old"): " AND old.deal_id IS NOT new.deal_id"}


def _sqlite(event: str) -> str:
    draws = " ".join(
        f"INSERT INTO {VERSIONS} (deal_id, version) SELECT {row}.deal_id, random() "
        f"WHERE {row}.deal_id IS NOT NULL{ALSO.get((event, row), '')} "
        "ON CONFLICT (deal_id) DO UPDATE SET version = excluded.version;"
        for row in ROWS[event]
    )
    when = WHEN.get(event, "")
    return f"CREATE TRIGGER {TABLE}_versions_{event} AFTER {event.upper()} ON {TABLE} {when}BEGIN {draws} END"


def _postgresql(event: str) -> str:
    """Return the trigger of a whole statement; its rows are taken in one order, so that two of them take turns."""
    # Only names of our own tables are put together here.
    touched = " UNION ".join(f"SELECT deal_id FROM {row}_rows" for row in ROWS[event])  # noqa: S608 - see above
    tables = " ".join(f"{row.upper()} TABLE AS {row}_rows" for row in ROWS[event])
    return f"""
        CREATE FUNCTION {TABLE}_versions_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {VERSIONS} (deal_id, version)
            SELECT deal_id, floor(random() * 9e15)::bigint
            FROM (SELECT DISTINCT deal_id FROM ({touched}) AS rows) AS touched
            WHERE deal_id IS NOT NULL ORDER BY deal_id
            ON CONFLICT (deal_id) DO UPDATE SET version = excluded.version;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {TABLE}_versions_{event} AFTER {event.upper()} ON {TABLE}
        REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_versions_{event}()
    """  # noqa: S608 - see above


def begin(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for event in ROWS:
        schema_editor.execute((_sqlite if is_sqlite else _postgresql)(event))


def end(apps, schema_editor):
    for event in ROWS:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {TABLE}_versions_{event}")
        else:
            schema_editor.execute(f"DROP TRIGGER {TABLE}_versions_{event} ON {TABLE}")
            schema_editor.execute(f"DROP FUNCTION {TABLE}_versions_{event}()")


class Migration(migrations.Migration):
    dependencies = [
        ("quickbooks_bridge", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(begin, end),
    ]
