"""Indexes for parts of a number and of a subscriber's name, on PostgreSQL."""

from django.db import migrations

# Each four digits of `+1` and ten that follow one another; numbering.domain.digits asks for them.
NUMBER_PARTS = ", ".join(f"SUBSTRING(e164, {at}, 4)::integer" for at in range(2, 10))
INDEXES = {
    "number_e164_parts": f"numbers_telephonenumber USING gin ((ARRAY[{NUMBER_PARTS}]))",
    "subscriber_name_parts": "numbers_subscriber USING gin (upper(name) gin_trgm_ops)",
}


def create(apps, schema_editor):
    """SQLite has no such index and reads the whole table, which its size allows."""
    if schema_editor.connection.vendor != "postgresql":
        return
    # A trusted extension: the owner of the database may add it.
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, index in INDEXES.items():
        schema_editor.execute(f"CREATE INDEX {name} ON {index}")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("numbers", "0004_numbers_life")]

    operations = [migrations.RunPython(create, drop)]
