"""The pages of an LOA shown to staff, as pictures; looking is recorded as opening."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from numbering.admin.person import person_of
from numbering.domain.loa_content import DamagedLoa, note_opening
from numbering.loa_file import CannotDraw
from numbering.models import Loa
from numbering.views.loa_page import page_answer


def urls() -> list[URLPattern]:
    """The addresses of the page and of its pictures."""
    wrap = admin.site.admin_view
    return [
        path("<int:loa_id>/pages/", wrap(pages_view), name="numbers_loa_pages"),
        path("<int:loa_id>/pages/<int:number>/", wrap(picture_view), name="numbers_loa_picture"),
    ]


@require_safe
def pages_view(request: HttpRequest, loa_id: int) -> HttpResponse:
    """Show every page of the letter."""
    loa = _loa(request, loa_id)
    context = {
        **admin.site.each_context(request),
        "title": f"{loa}: pages",
        "loa": loa,
        "pages": range(1, loa.pages + 1),
        "back": reverse("admin:numbers_loa_change", args=[loa.pk]),
    }
    return TemplateResponse(request, "admin/numbers/loa/pages.html", context)


@require_safe
def picture_view(request: HttpRequest, loa_id: int, number: int) -> HttpResponse:
    """Give one page as a picture."""
    loa = _loa(request, loa_id)
    try:
        answer = page_answer(loa, number)
    except DamagedLoa as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    except CannotDraw:
        raise Http404 from None
    note_opening(loa, person_of(request))
    return answer


def _loa(request: HttpRequest, loa_id: int) -> Loa:
    if not request.user.has_perm("numbers.open_loa"):
        raise PermissionDenied
    loa = Loa.objects.select_related("subscriber").filter(pk=loa_id).first()
    if loa is None:
        raise Http404
    return loa
