"""Indexes that others begin with, and a mark drawn once for an invoice that stays with its deal: writing costs less."""

import django.db.models.deletion
from django.db import migrations, models

from crm_invoicing.indexes import index_dropped

TABLE, MARKS = "quickbooks_bridge_invoice", "quickbooks_bridge_dealmark"
# Only names of our own tables are put together here.
DRAW = (
    f"INSERT INTO {MARKS} (deal_id, mark) SELECT {{row}}.deal_id, random() WHERE {{row}}.deal_id IS NOT NULL{{more}} "
    "ON CONFLICT (deal_id) DO UPDATE SET mark = excluded.mark;"
)
OWNED = models.ForeignKey(
    db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
)
OF_DEAL = models.ForeignKey(
    blank=True,
    db_index=False,
    null=True,
    on_delete=django.db.models.deletion.SET_NULL,
    related_name="+",
    to="deals.deal",
)

BY_MEMBER = models.ForeignKey(
    db_index=False,
    null=True,
    on_delete=django.db.models.deletion.SET_NULL,
    related_name="+",
    to="deals.member",
)


def _draw_anew(schema_editor, when: str, more: str) -> None:
    """SQLite runs the trigger for each row; PostgreSQL's does it for a whole statement already."""
    if schema_editor.connection.vendor != "sqlite":
        return
    draws = DRAW.format(row="old", more=more) + " " + DRAW.format(row="new", more="")
    schema_editor.execute(f"DROP TRIGGER {TABLE}_marks_update")
    schema_editor.execute(
        f"CREATE TRIGGER {TABLE}_marks_update AFTER UPDATE ON {TABLE} {when} BEGIN {draws} END"
    )


def once(apps, schema_editor):
    _draw_anew(
        schema_editor,
        "WHEN old.deal_id IS NOT NULL OR new.deal_id IS NOT NULL",
        " AND old.deal_id IS NOT new.deal_id",
    )


def twice(apps, schema_editor):
    _draw_anew(schema_editor, "", "")


def _without_index(model: str, column: str, field: models.ForeignKey) -> migrations.SeparateDatabaseAndState:
    return migrations.SeparateDatabaseAndState(
        [index_dropped(f"quickbooks_bridge_{model}", f"{column}_id")],
        [migrations.AlterField(model_name=model, name=column, field=field)],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0003_fewer_indexes"),
        ("quickbooks_bridge", "0008_parked"),
    ]

    operations = [
        *(
            _without_index(model, "account", OWNED)
            for model in ("invoice", "payment", "customer", "item", "taxcode", "term", "invoiceevent")
        ),
        _without_index("invoice", "deal", OF_DEAL),
        _without_index("invoiceevent", "actor", BY_MEMBER),
        migrations.AddIndex(
            model_name="invoiceevent",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)), fields=["actor"], name="event_of_member"
            ),
        ),
        migrations.RunPython(once, twice),
    ]
