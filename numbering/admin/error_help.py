"""Error help: what a carrier code means, editable by staff."""

from django.contrib import admin

from accounts.admin_base import PortalModelAdmin
from numbering.admin.filters import choice_filter
from numbering.enums import WhoActs
from numbering.models import ErrorHelp


@admin.register(ErrorHelp)
class ErrorHelpAdmin(PortalModelAdmin):
    """The words that order pages show for a code."""

    empty_hint = "Help for the carrier's codes; it is filled when the portal is installed."
    list_display = ("operation", "code", "meaning", "who_acts", "fix")
    list_filter = (choice_filter(WhoActs, "who_acts", "Who acts"),)
    search_fields = ("code", "meaning", "fix")
    search_help_text = "Code or words"
