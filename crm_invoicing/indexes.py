"""Taking away indexes in migrations without building the table anew, which on SQLite would lose its triggers."""

from typing import Any

from django.db import migrations


def index_dropped(table: str, column: str) -> migrations.RunPython:
    """Give the step that drops the plain index of one column, and on the way back makes it again.

    Django names such an index after a hash of its own, so it is found by what it is.
    """

    def drop(apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for name, one in found.items():
            if one["index"] and not one["unique"] and one["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def make(apps: Any, schema_editor: Any) -> None:
        quoted = [schema_editor.quote_name(name) for name in (f"{table}_{column}_again", table, column)]
        schema_editor.execute("CREATE INDEX {} ON {} ({})".format(*quoted))

    return migrations.RunPython(drop, make)
