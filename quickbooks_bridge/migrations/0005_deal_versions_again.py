"""SQLite dropped the triggers of deals' versions with the table that the migration before built anew."""

from importlib import import_module

from django.db import migrations

_versions = import_module("quickbooks_bridge.migrations.0002_deal_versions")


def again(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for event in _versions.ROWS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {_versions.TABLE}_versions_{event}")
    _versions.begin(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("quickbooks_bridge", "0004_invoice_depth"),
    ]

    operations = [
        migrations.RunPython(again, migrations.RunPython.noop),
    ]
