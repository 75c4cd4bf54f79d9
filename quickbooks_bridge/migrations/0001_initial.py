import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("deals", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("realm_id", models.CharField(max_length=40)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("country", models.CharField(default="US", max_length=3)),
                ("edition", models.CharField(blank=True, default="", max_length=80)),
                ("home_currency", models.CharField(default="USD", max_length=3)),
                ("time_zone", models.CharField(blank=True, default="", max_length=64)),
                ("is_multicurrency", models.BooleanField(default=False)),
                ("uses_sales_tax", models.BooleanField(default=False)),
                ("is_tax_automated", models.BooleanField(default=False)),
                ("has_custom_numbers", models.BooleanField(default=False)),
                ("allows_discount", models.BooleanField(default=False)),
                ("book_close_date", models.DateField(null=True)),
                ("profile_refreshed_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quickbooks_companies",
                        to="deals.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["realm_id"], name="company_by_realm")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "realm_id"), name="one_row_per_company")
                ],
            },
        ),
        migrations.CreateModel(
            name="DealVersion",
            fields=[
                (
                    "deal",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="deals.deal",
                    ),
                ),
                ("version", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SyncState",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sync",
                        serialize=False,
                        to="quickbooks_bridge.company",
                    ),
                ),
                ("cdc_cursor", models.DateTimeField(null=True)),
                ("next_sync_at", models.DateTimeField(db_index=True, null=True)),
                ("sync_lease_until", models.DateTimeField(null=True)),
                ("last_sync_at", models.DateTimeField(null=True)),
                ("last_webhook_at", models.DateTimeField(null=True)),
                ("last_missed_webhook_at", models.DateTimeField(null=True)),
                ("lists_refreshed_at", models.DateTimeField(null=True)),
                ("last_viewed_at", models.DateTimeField(null=True)),
                ("consecutive_failures", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, default="", max_length=40)),
                ("last_error_at", models.DateTimeField(null=True)),
                ("reconcile_requested_at", models.DateTimeField(null=True)),
                ("reconciled_at", models.DateTimeField(null=True)),
                ("reconcile_differences", models.PositiveIntegerField(null=True)),
                (
                    "import_state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("running", "Reading"), ("done", "Done")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("import_progress", models.JSONField(default=dict)),
                ("import_lease_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ApiUsage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "purpose",
                    models.CharField(
                        choices=[("person", "People's own actions"), ("background", "Keeping up to date")],
                        max_length=10,
                    ),
                ),
                ("reads", models.PositiveIntegerField(default=0)),
                ("writes", models.PositiveIntegerField(default=0)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="call_count_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("company", "day", "purpose"), name="one_count_per_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("display_name", models.CharField(max_length=500)),
                ("company_name", models.CharField(blank=True, default="", max_length=100)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("line1", models.CharField(blank=True, default="", max_length=500)),
                ("line2", models.CharField(blank=True, default="", max_length=500)),
                ("line3", models.CharField(blank=True, default="", max_length=500)),
                ("city", models.CharField(blank=True, default="", max_length=255)),
                ("region", models.CharField(blank=True, default="", max_length=255)),
                ("postal_code", models.CharField(blank=True, default="", max_length=30)),
                ("country", models.CharField(blank=True, default="", max_length=255)),
                ("tax_id", models.CharField(blank=True, default="", max_length=40)),
                ("is_taxable", models.BooleanField(default=True)),
                ("term_qbo_id", models.CharField(blank=True, default="", max_length=30)),
                ("is_active", models.BooleanField(default=True)),
                ("created_on", models.DateField(null=True)),
                ("search_text", models.TextField(blank=True, default="")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "display_name"], name="customer_by_name")],
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="customer_once")],
            },
        ),
        migrations.CreateModel(
            name="CustomerLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_qbo_id", models.CharField(max_length=30)),
                ("linked_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deals.deal",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deals.organization",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deals.person",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("organization__isnull", False)),
                        fields=("company", "organization"),
                        name="organization_link",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False)),
                        fields=("company", "person"),
                        name="person_link",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deal__isnull", False)),
                        fields=("company", "deal"),
                        name="deal_link",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("doc_number", models.CharField(blank=True, default="", max_length=30)),
                ("customer_qbo_id", models.CharField(max_length=30)),
                ("customer_name", models.CharField(blank=True, default="", max_length=600)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("txn_date", models.DateField()),
                ("due_date", models.DateField(null=True)),
                ("total", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                ("balance", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                ("total_tax", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                ("deposit", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                (
                    "original_total",
                    models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17),
                ),
                ("expected_total", models.DecimalField(decimal_places=2, max_digits=17, null=True)),
                ("is_voided", models.BooleanField(default=False)),
                ("is_deleted", models.BooleanField(default=False)),
                ("bill_email", models.CharField(blank=True, default="", max_length=500)),
                ("email_status", models.CharField(blank=True, default="", max_length=20)),
                ("emailed_at", models.DateTimeField(null=True)),
                ("payment_qbo_ids", models.JSONField(default=list)),
                ("created_by_app", models.BooleanField(default=False)),
                ("voided_or_deleted_at", models.DateTimeField(null=True)),
                ("mirrored_at", models.DateTimeField()),
                ("unreadable_since", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="deals.deal",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["deal", "-txn_date", "-id"], name="invoice_of_deal"),
                    models.Index(
                        fields=[
                            "deal",
                            "is_deleted",
                            "is_voided",
                            "currency",
                            "due_date",
                            "balance",
                            "total",
                            "total_tax",
                        ],
                        name="invoice_sums_of_deal",
                    ),
                    models.Index(
                        fields=["company", "customer_qbo_id", "-txn_date", "-id"], name="invoice_of_customer"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="invoice_once")],
            },
        ),
        migrations.CreateModel(
            name="InvoiceEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("kind", models.CharField(max_length=40)),
                ("source", models.CharField(max_length=20)),
                ("data", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deals.account",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="deals.member",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="quickbooks_bridge.invoice",
                    ),
                ),
            ],
            options={
                "ordering": ["-occurred_at", "-id"],
                "indexes": [
                    models.Index(fields=["account", "-occurred_at", "-id"], name="event_newest"),
                    models.Index(
                        condition=models.Q(("actor__isnull", False)), fields=["actor"], name="event_of_member"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceIntent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Not sent yet"),
                            ("sending", "Being sent"),
                            ("unknown", "Not confirmed yet"),
                            ("succeeded", "Created"),
                            ("rejected", "Refused"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("request_id", models.CharField(max_length=50)),
                ("payload", models.JSONField()),
                ("customer_request_id", models.CharField(blank=True, default="", max_length=50)),
                ("customer_payload", models.JSONField(null=True)),
                ("customer_qbo_id", models.CharField(blank=True, default="", max_length=30)),
                ("currency", models.CharField(max_length=3)),
                ("expected_total", models.DecimalField(decimal_places=2, max_digits=17)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(db_index=True, null=True)),
                ("problems", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("form", models.JSONField(null=True)),
                ("dismissed_at", models.DateTimeField(null=True)),
                ("seen", models.CharField(blank=True, default="", max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.deal"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="quickbooks_bridge.invoice",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deals.member"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["deal", "state"], name="intent_of_deal")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "token"), name="one_intent_per_form"),
                    models.UniqueConstraint(
                        condition=models.Q(("seen", ""), _negated=True),
                        fields=("deal", "seen"),
                        name="one_intent_per_situation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoicePreset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("is_default", models.BooleanField(default=False)),
                ("due_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "tax",
                    models.CharField(
                        choices=[
                            ("by_product", "As each product says"),
                            ("taxable", "All lines taxed"),
                            ("not_taxed", "No line taxed"),
                        ],
                        default="by_product",
                        max_length=10,
                    ),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("term_qbo_id", models.CharField(blank=True, default="", max_length=30)),
                ("message", models.CharField(blank=True, default="", max_length=1000)),
                ("memo", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invoice_presets",
                        to="deals.account",
                    ),
                ),
            ],
            options={
                "ordering": ["-is_default", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "name"), name="preset_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("account",),
                        name="one_default_preset",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoicingSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("to_field", models.CharField(default="organization.name", max_length=120)),
                ("address_field", models.CharField(default="organization.address", max_length=120)),
                ("email_field", models.CharField(default="person.email", max_length=120)),
                ("tax_id_field", models.CharField(blank=True, default="", max_length=120)),
                ("due_days", models.PositiveSmallIntegerField(default=7)),
                ("saved_at", models.DateTimeField(null=True)),
                ("notify_disconnected", models.BooleanField(default=True)),
                ("notify_invoice_failed", models.BooleanField(default=True)),
                ("notify_sync_delayed", models.BooleanField(default=False)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invoicing_settings",
                        to="deals.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=255)),
                ("sku", models.CharField(blank=True, default="", max_length=100)),
                ("description", models.TextField(blank=True, default="")),
                ("kind", models.CharField(default="Service", max_length=30)),
                ("unit_price", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=17)),
                ("is_taxable", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("income_account", models.CharField(blank=True, default="", max_length=255)),
                ("income_account_qbo_id", models.CharField(blank=True, default="", max_length=30)),
                ("quantity_on_hand", models.DecimalField(decimal_places=5, max_digits=17, null=True)),
                ("search_text", models.TextField(blank=True, default="")),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "name"], name="item_by_name")],
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="item_once")],
            },
        ),
        migrations.CreateModel(
            name="ItemLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_key", models.CharField(blank=True, default="", max_length=255)),
                ("item_qbo_id", models.CharField(max_length=30)),
                ("linked_at", models.DateTimeField()),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="deals.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("product__isnull", False)),
                        fields=("company", "product"),
                        name="product_link",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("product__isnull", True)),
                        fields=("company", "name_key"),
                        name="name_link",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=120, unique=True)),
                ("data", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("next_try_at", models.DateTimeField(db_index=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.member"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OAuthState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.member"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=40)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("notified_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["company", "-began_at"], name="outage_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("company",),
                        name="one_open_outage",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("customer_qbo_id", models.CharField(max_length=30)),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("txn_date", models.DateField()),
                ("total", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                ("unapplied", models.DecimalField(decimal_places=2, default=Decimal("0"), max_digits=17)),
                ("reference", models.CharField(blank=True, default="", max_length=60)),
                ("method", models.CharField(blank=True, default="", max_length=60)),
                ("applied", models.JSONField(default=list)),
                ("is_deleted", models.BooleanField(default=False)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="payment_once")],
            },
        ),
        migrations.CreateModel(
            name="ReadsBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(default="all", max_length=10)),
                ("began_at", models.DateTimeField()),
                ("next_probe_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("is_said", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("scope",),
                        name="one_open_reads_block",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state", models.JSONField()),
                ("saved_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.deal"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("deal", "member"), name="one_draft_per_person")
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncLatencyHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("changes", models.PositiveIntegerField(default=0)),
                ("total_seconds", models.PositiveBigIntegerField(default=0)),
                ("max_seconds", models.PositiveIntegerField(default=0)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("company", "hour"), name="one_row_per_hour")],
            },
        ),
        migrations.CreateModel(
            name="TaxCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=100)),
                ("rate_percent", models.DecimalField(decimal_places=5, max_digits=9, null=True)),
                ("is_taxable", models.BooleanField(default=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="tax_code_once")],
            },
        ),
        migrations.CreateModel(
            name="Term",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("qbo_id", models.CharField(max_length=30)),
                ("sync_token", models.PositiveIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=60)),
                ("due_days", models.PositiveSmallIntegerField(null=True)),
                ("day_of_month", models.PositiveSmallIntegerField(null=True)),
                ("next_month_days", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("company", "qbo_id"), name="term_once")],
            },
        ),
        migrations.CreateModel(
            name="UnreadableEvents",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("realm_id", models.CharField(blank=True, default="", max_length=40)),
                ("day", models.DateField()),
                ("count", models.PositiveIntegerField(default=0)),
                ("last_seen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("realm_id", "day"), name="unread_events_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UnreadableObject",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entity", models.CharField(max_length=40)),
                ("qbo_id", models.CharField(max_length=30)),
                ("reason", models.CharField(max_length=80)),
                ("changed_at", models.DateTimeField(null=True)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("retried_at", models.DateTimeField(null=True)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.company",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("company", "entity", "qbo_id"), name="unreadable_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="VoidOperation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_id", models.CharField(max_length=50)),
                ("payments", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("started_at", models.DateTimeField()),
                ("next_check_at", models.DateTimeField(db_index=True, null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="deals.account"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quickbooks_bridge.invoice",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="deals.member",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=120, unique=True)),
                ("realm_id", models.CharField(max_length=40)),
                ("entity", models.CharField(max_length=40)),
                ("qbo_id", models.CharField(max_length=30)),
                ("operation", models.CharField(max_length=20)),
                ("received_at", models.DateTimeField()),
                ("processed_at", models.DateTimeField(db_index=True, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["realm_id", "processed_at"], name="webhook_open")],
            },
        ),
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="connection",
                        serialize=False,
                        to="quickbooks_bridge.company",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Connected"),
                            ("needs_reconnect", "Needs to sign in again"),
                            ("disconnected", "Disconnected"),
                        ],
                        default="active",
                        max_length=16,
                    ),
                ),
                ("access_token", models.TextField(blank=True, default="")),
                ("refresh_token", models.TextField(blank=True, default="")),
                ("access_expires_at", models.DateTimeField(null=True)),
                ("refresh_expires_at", models.DateTimeField(null=True)),
                ("tokens_stored_at", models.DateTimeField(null=True)),
                ("token_version", models.PositiveIntegerField(default=0)),
                ("refresh_lease_until", models.DateTimeField(null=True)),
                ("consent_expires_at", models.DateTimeField(null=True)),
                ("failed_refreshes", models.PositiveSmallIntegerField(default=0)),
                ("next_refresh_at", models.DateTimeField(null=True)),
                ("connected_at", models.DateTimeField()),
                ("disconnected_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quickbooks_connections",
                        to="deals.account",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="deals.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "disconnected"), _negated=True),
                        fields=("account",),
                        name="one_connection_per_account",
                    )
                ],
            },
        ),
    ]
