import django.db.models.deletion
from django.db import migrations, models

from crm_invoicing.indexes import index_dropped


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0002_deal_orders"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [index_dropped("deals_timelineentry", "deal_id")],
            [
                migrations.AlterField(
                    model_name="timelineentry",
                    name="deal",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timeline",
                        to="deals.deal",
                    ),
                )
            ],
        )
    ]
