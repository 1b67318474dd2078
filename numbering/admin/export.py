"""Exports: who took what out of the portal."""

from django.contrib import admin

from accounts.admin_base import ReadOnlyAdmin
from numbering.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """The record of exports and dispute packs."""

    empty_hint = "Lists that were taken as a file, and dispute packs, are recorded here."
    list_display = ("at", "person", "what", "rows")
    list_select_related = ("person",)
    search_fields = ("what", "person__email")
    search_help_text = "What was taken, or a person's address"
    ordering = ("-pk",)
