from django.db import migrations


def name_owners(apps, schema_editor):
    """Each account's first admin becomes its owner: somebody has to be who decides."""
    Member = apps.get_model("deals", "Member")
    owned = set(Member.objects.filter(role="owner").values_list("account_id", flat=True))
    for member in Member.objects.filter(role="admin").order_by("account_id", "pk"):
        if member.account_id not in owned:
            owned.add(member.account_id)
            Member.objects.filter(pk=member.pk).update(role="owner")


class Migration(migrations.Migration):
    dependencies = [("deals", "0004_people")]
    operations = [migrations.RunPython(name_owners, migrations.RunPython.noop, elidable=True)]
