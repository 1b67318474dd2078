"""Look for numbers that the older platform has on offer; nothing is ordered there."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from carrier.errors import CarrierError
from carrier.platform import search_local, search_toll_free
from carrier.records import AvailableNumber
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.phone import display
from numbering.platform_link import get_platform
from numbering.platform_search_form import PlatformSearchForm


def search_view(request: HttpRequest) -> HttpResponse:
    """Show the form, and what the platform answers to it."""
    if not request.user.has_perm("numbers.view_platformnumber"):
        raise PermissionDenied
    asked = "quantity" in request.GET
    form = PlatformSearchForm(request.GET if asked else None)
    found: tuple[AvailableNumber, ...] = ()
    trouble = ""
    is_found = asked and form.is_valid()
    if is_found:
        try:
            found = _search(form)
        except (CarrierError, CarrierNotConfigured) as error:
            is_found, trouble = False, in_words(error)
    context = {
        **admin.site.each_context(request),
        "title": "Search the old platform",
        "form": form,
        "trouble": trouble,
        "is_found": is_found,
        "rows": [(display(number.e164), number) for number in found],
    }
    return TemplateResponse(request, "admin/numbers/platformnumber/search.html", context)


def _search(form: PlatformSearchForm) -> tuple[AvailableNumber, ...]:
    platform = get_platform()
    if form.is_toll_free:
        return search_toll_free(platform, **form.toll_free_search)
    return search_local(platform, **form.local_search)
