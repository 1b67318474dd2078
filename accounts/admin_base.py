"""The one door to django-unfold: nothing else in the project imports it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.exceptions import (
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
)
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.messages.storage import default_storage
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action as _action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.again import repeated

__all__ = [
    "FileWidget",
    "PortalModelAdmin",
    "PortalTabularInline",
    "ReadOnlyAdmin",
    "SelectWidget",
    "TextInputWidget",
    "TextareaWidget",
    "action",
    "is_key",
]

if TYPE_CHECKING:
    # The theme has no types of its own; its classes extend these.
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = ModelAdmin
    _TabularInline = TabularInline

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Keys of our rows; more digits than these do not fit into the database.
_KEY = re.compile(r"[0-9]{1,18}")

TextInputWidget = UnfoldAdminTextInputWidget
TextareaWidget = UnfoldAdminTextareaWidget
SelectWidget = UnfoldAdminSelectWidget
FileWidget = UnfoldAdminFileFieldWidget

# Django's own logging of admin changes needs the stock user model's rights tables; what matters
# here leaves its own event rows, so nothing is lost.
admin.site.empty_value_display = "–"


def action(
    *, description: str, permissions: list[str], icon: str | None = None
) -> Callable[[_Function], _Function]:
    """Mark a method as an action of a list page, for people with all of the permissions."""
    decorate: Callable[[_Function], _Function] = _action(
        description=description, permissions=permissions, icon=icon
    )
    return decorate


def _read_anew(request: HttpRequest) -> None:
    """Forget what a try that was undone has read of the request and said to the person."""
    for _, files in request.FILES.lists():
        for file in files:
            file.seek(0)
    request._messages = default_storage(request)  # type: ignore[attr-defined]


def is_key(text: str) -> bool:
    """Whether a text can be the key of one of our rows."""
    return _KEY.fullmatch(text) is not None


class PortalModelAdmin(_ModelAdmin):
    """What every admin page of the portal has in common."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    compressed_fields = False
    warn_unsaved_form = True
    actions_on_top = True
    # What an empty list says: where its rows come from.
    empty_hint = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the page after what it lists."""
        if ERROR_FLAG in request.GET and len(request.GET) > 1:
            # Beside the word that an address was wrong Django answers another one with a bare page.
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        title = str(self.opts.verbose_name_plural)
        named = {"title": title[:1].upper() + title[1:], **(extra_context or {})}
        return super().changelist_view(request, named)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Read a list's address; one that asks for what the list has not leads to the whole list.

        Django answers some of these with a bare page that says no more than that it was refused.
        """
        try:
            return super().get_changelist_instance(request)
        except (
            DisallowedModelAdminLookup,
            DisallowedModelAdminToField,
            IncorrectLookupParameters,
        ) as error:
            messages.warning(
                request,
                "The address asked for a filter or a page that this list does not have. This is "
                "the list without filters.",
            )
            raise IncorrectLookupParameters from error

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow what the list's own filters ask for.

        Django allows all that can be asked of the list's own columns: regular expressions, and
        instants and texts that no database takes.
        """
        if "\x00" in value:
            return False
        own: set[str] = set()
        for listed in self.get_list_filter(request):
            if isinstance(listed, str):
                own |= {f"{listed}__exact", f"{listed}__isnull"}
            else:
                own.add(getattr(listed, "parameter_name", ""))
        return lookup in own

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save a form in a transaction that is begun again when the database undoes it."""
        view = super().changeform_view
        if request.method != "POST":
            return view(request, object_id, form_url, extra_context)

        def save() -> HttpResponse:
            _read_anew(request)
            return view(request, object_id, form_url, extra_context)

        return repeated(save)()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill a form from its address, without what is no key of a row: widgets fail on it."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        relations = {field.name for field in self.opts.get_fields() if field.is_relation}
        return {
            name: value
            for name, value in given.items()
            if name not in relations or is_key(str(value))
        }

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find the row of an address; what is no key names none, however a database reads it."""
        return super().get_object(request, object_id, from_field) if is_key(object_id) else None

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *where: Any, **more: Any
    ) -> Any:
        """Do what was chosen to what was ticked; what is no key was never on the list."""
        given = request.POST.copy()
        ticked = filter(is_key, given.getlist(ACTION_CHECKBOX_NAME))
        given.setlist(ACTION_CHECKBOX_NAME, list(ticked))
        request.POST = given  # type: ignore[assignment]
        return super().response_action(request, queryset, *where, **more)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted from the admin: evidence stays."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search without the NULs in the term, which PostgreSQL refuses to read.

        List pages drop such a term themselves; the search across pages and the completion of names
        do not.
        """
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, search_term.replace("\x00", "")
        )
        return found

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Drop the stock bulk deletion."""
        actions = dict(super().get_actions(request))
        actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(PortalModelAdmin):
    """Rows that can be looked at and not changed, whatever the role."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the portal's own work."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Looking needs the view right; changing is not offered."""
        return False


class PortalTabularInline(_TabularInline):
    """Rows of a related record inside a form."""

    extra = 0
    tab = False
