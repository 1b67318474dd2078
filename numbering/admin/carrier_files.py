"""The page *At the carrier* of an order: what the carrier holds now, beside what we hold."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from carrier.errors import CarrierError
from numbering.admin.ask_first import ask_first
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import carrier_files
from numbering.domain.cannot_do import CannotDo
from numbering.models import ImportOrder, Loa


@dataclass(frozen=True)
class _Verb:
    """What can be done to a file at the carrier."""

    title: str
    sentence: str
    busy: str


_VERBS = {
    "replace": _Verb(
        "Replace the carrier's file",
        "The carrier's file {file_id} gets the content of our newest LOA. What it held before is "
        "gone there.",
        "Replacing…",
    ),
    "remove": _Verb(
        "Remove the carrier's file",
        "The carrier deletes its file {file_id}. Our own LOAs stay. Without one the carrier may "
        "ask for it in a dispute.",
        "Removing…",
    ),
}


def urls() -> list[URLPattern]:
    """The addresses of the page and of what can be done there."""
    wrap = admin.site.admin_view
    return [
        path("<int:order_id>/files/", wrap(files_view), name="numbers_importorder_files"),
        path(
            "<int:order_id>/files/<str:file_id>/<slug:name>/",
            wrap(file_view),
            name="numbers_importorder_file",
        ),
    ]


def files_view(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show what the carrier holds, read now, and what we hold."""
    order = _order(request, order_id, "numbers.view_loa")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{order}: LOAs at the carrier",
        "order": order,
        "ours": [
            (loa, order.loa_uploads.filter(loa=loa).first())
            for loa in Loa.objects.filter(coverage__order=order).distinct().order_by("-version")
        ],
        "may_change": request.user.has_perm("numbers.add_loa"),
    }
    try:
        context["files"] = carrier_files.look(order)
    except CannotDo as error:
        context["trouble"] = str(error)
    except (CarrierError, CarrierNotConfigured) as error:
        context["trouble"] = f"The carrier's list could not be read. {in_words(error)}"
    return TemplateResponse(request, "admin/numbers/importorder/files.html", context)


def file_view(request: HttpRequest, order_id: int, file_id: str, name: str) -> HttpResponse:
    """Replace or remove a file at the carrier: GET asks first, POST does it."""
    order = _order(request, order_id, "numbers.add_loa")
    if (verb := _VERBS.get(name)) is None:
        raise Http404
    page = reverse("admin:numbers_importorder_files", args=[order_id])
    if request.method != "POST":
        return ask_first(
            request,
            title=verb.title,
            sentence=verb.sentence.format(file_id=file_id),
            back=page,
            busy=verb.busy,
        )
    act = carrier_files.replace if name == "replace" else carrier_files.remove
    try:
        messages.success(request, act(order, file_id=file_id, actor=person_of(request)))
    except CannotDo as error:
        messages.error(request, str(error))
    except CarrierNotConfigured as error:
        messages.error(request, in_words(error))
    return HttpResponseRedirect(page)


def _order(request: HttpRequest, order_id: int, right: str) -> ImportOrder:
    if not request.user.has_perm(right):
        raise PermissionDenied
    order = ImportOrder.objects.select_related("subscriber").filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order
