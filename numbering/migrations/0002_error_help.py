"""Fill the error help that a new installation starts with."""

from django.db import migrations

from numbering.error_help_table import ERROR_HELP


def fill(apps, schema_editor):
    ErrorHelp = apps.get_model("numbers", "ErrorHelp")
    ErrorHelp.objects.bulk_create(
        [
            ErrorHelp(
                operation=row.operation,
                code=row.code,
                meaning=row.meaning,
                who_acts=row.who_acts,
                fix=row.fix,
            )
            for row in ERROR_HELP
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("numbers", "0001_first")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
