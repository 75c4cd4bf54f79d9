import django.db.models.deletion
from django.db import migrations, models

from crm_invoicing.indexes import index_dropped


def _without_index(column: str, **field: object) -> migrations.SeparateDatabaseAndState:
    kept = models.ForeignKey(db_index=False, **field)
    return migrations.SeparateDatabaseAndState(
        [index_dropped("deals_timelineentry", f"{column}_id")],
        [migrations.AlterField(model_name="timelineentry", name=column, field=kept)],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0002_deal_orders"),
    ]

    operations = [
        _without_index(
            "deal", on_delete=django.db.models.deletion.CASCADE, related_name="timeline", to="deals.deal"
        ),
        _without_index(
            "account", on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
        ),
        _without_index(
            "actor",
            blank=True,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to="deals.member",
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)), fields=["actor"], name="timeline_of_member"
            ),
        ),
    ]
