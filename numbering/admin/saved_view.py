"""Saved views of the list of telephone numbers: kept, renamed, shared, deleted."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from numbering.admin import number_filters
from numbering.admin.person import person_of
from numbering.domain import saved_views
from numbering.domain.cannot_do import CannotDo
from numbering.models import SavedView
from numbering.number_forms import ViewForm

_LIST = "admin:numbers_telephonenumber_changelist"
_VIEWS = "admin:numbers_telephonenumber_views"


@require_safe
def views_view(request: HttpRequest) -> HttpResponse:
    """Show the person's own views, to be renamed or deleted."""
    _allow(request)
    own = SavedView.objects.filter(person=person_of(request))
    context = {
        **admin.site.each_context(request),
        "title": "My views",
        "views": [(view, ViewForm(_given(view), prefix=f"view{view.pk}")) for view in own],
    }
    return TemplateResponse(request, "admin/numbers/telephonenumber/views.html", context)


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep what the list shows, under a name."""
    _allow(request)
    # Read and written again: what is kept is only what the list itself understands.
    asked = number_filters.read(QueryDict(request.POST.get("query", "")[:2000]))
    query = number_filters.query_of(asked)
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The view was not saved. {_first_error(form)}")
    else:
        try:
            view = saved_views.save(person=person_of(request), query=query, **form.cleaned_data)
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Saved as {view.name}.")
    return HttpResponseRedirect(f"{reverse(_LIST)}?{query}")


@require_POST
def change_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename, share or delete one of the person's own views."""
    _allow(request)
    # Of another person's view nothing is told, not even that it is there.
    view = SavedView.objects.filter(pk=view_id, person=person_of(request)).first()
    if view is None:
        raise Http404
    form = ViewForm(request.POST, prefix=f"view{view.pk}")
    if "delete" in request.POST:
        view.delete()
        messages.success(request, f"{view.name} was deleted.")
    elif not form.is_valid():
        messages.error(request, f"Nothing was changed. {_first_error(form)}")
    else:
        try:
            saved_views.change(view, **form.cleaned_data)
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Saved as {form.cleaned_data['name']}.")
    return HttpResponseRedirect(reverse(_VIEWS))


def _given(view: SavedView) -> dict[str, object]:
    prefix = f"view{view.pk}"
    return {f"{prefix}-name": view.name, f"{prefix}-is_shared": view.is_shared}


def _first_error(form: ViewForm) -> str:
    field, errors = next(iter(form.errors.items()))
    return f"{form.fields[field].label}: {errors[0]}"


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm("numbers.view_telephonenumber"):
        raise PermissionDenied
