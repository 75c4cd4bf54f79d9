# Finds a company's open invoices without its paid ones.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quickbooks_bridge", "0006_deal_reports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["company", "balance"], name="invoice_by_balance"),
        ),
    ]
