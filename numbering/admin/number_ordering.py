"""The way to an order of new numbers: choose for whom and where, look once more, order once."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from carrier.search import FIELDS, criteria_of, uses_calling_area
from numbering.admin.number_search import ORDER_RIGHT, key_of, picked, search_query, to_search
from numbering.admin.person import person_of
from numbering.domain import number_orders, reservations
from numbering.domain.cannot_do import CannotDo
from numbering.domain.number_orders import AlreadyOrdered, Wish
from numbering.models import NumberOrder
from numbering.number_order_form import NumberOrderForm
from numbering.phone import display
from numbering.search_form import SearchForm, params_of

FormClass = Callable[..., NumberOrderForm]
_NAMED_AT_MOST = 20


def urls(form_class: Callable[[HttpRequest], FormClass], media: Any) -> list[URLPattern]:
    """The address of the order's form. The admin gives the form its widgets and scripts."""

    def view(request: HttpRequest) -> HttpResponse:
        return order_view(request, form_class(request), media)

    return [path("order/", admin.site.admin_view(view), name="numbers_numberorder_order")]


def order_view(request: HttpRequest, form_class: FormClass, media: Any) -> HttpResponse:
    """Ask for whom and where; say once more what will be ordered; order it.

    `step` says how far the person is: nothing, *pick* (numbers were ticked), *review*, *change*
    (back from there) and *place*.
    """
    if not request.user.has_perm(ORDER_RIGHT):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    step = request.POST.get("step", "")
    search_form = SearchForm(given) if search_query(given) else None
    if search_form is not None and not search_form.is_valid():
        address = reverse("admin:numbers_numberorder_find")
        return HttpResponseRedirect(f"{address}?{search_query(given).urlencode()}")
    search = search_form.search if search_form else None
    page = _Page(request, media, search)
    if step not in ("review", "change", "place"):
        numbers = picked(request)
        if step == "pick" and not numbers:
            messages.error(request, "Tick the numbers that you want to order.")
            return to_search(request)
        initial = {
            "key": key_of(request),
            "numbers": "\n".join(map(display, numbers)),
            "is_back_order": "wait" in request.GET,
        }
        return page.form(form_class(initial=initial, is_by_search=search is not None))
    form = form_class(request.POST, request.FILES, is_by_search=search is not None)
    is_valid = form.is_valid()
    wish = Wish(form.rows.e164s) if search is None else Wish(search=search)
    # Asked first: the numbers of an order are taken, by that very order.
    key, person = form.cleaned_data.get("key", ""), person_of(request)
    if step == "place" and (made := number_orders.made_before(wish, key=key, actor=person)):
        return _made_before(request, made)
    if not is_valid:
        return page.form(form, status=422)
    if step == "change":
        return page.form(form)
    values = form.cleaned_data
    if problem := number_orders.problem_of(wish, is_back_order=values["is_back_order"]):
        form.add_error(None, problem)
        return page.form(form, status=422)
    if step == "review":
        return page.review(form, wish)
    try:
        order = number_orders.request(
            wish,
            subscriber=values["subscriber"],
            sip_peer=values["sip_peer"],
            is_partial_allowed=values["is_partial_allowed"],
            is_back_order=values["is_back_order"],
            key=key,
            actor=person,
        )
    except AlreadyOrdered as error:
        return _made_before(request, error.order)
    except CannotDo as error:
        form.add_error(None, str(error))
        return page.form(form, status=422)
    return _to_page(order)


def _made_before(request: HttpRequest, order: NumberOrder) -> HttpResponse:
    messages.warning(request, "This was ordered already. To order more, search again.")
    return _to_page(order)


def _to_page(order: NumberOrder) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:numbers_numberorder_change", args=[order.pk]))


class _Page:
    """The form, and what comes after it."""

    def __init__(self, request: HttpRequest, media: Any, search: Any) -> None:
        self._request = request
        self._search = search
        self._context: dict[str, Any] = {
            **admin.site.each_context(request),
            "opts": NumberOrder._meta,
            "media": media,
            "search": search,
            "params": params_of(search) if search else {},
            "criteria": said(search),
        }

    def form(self, form: NumberOrderForm, *, status: int = 200) -> HttpResponse:
        """Ask for whom, where, and (for an order by list) which numbers."""
        context = {
            **self._context,
            "title": "Order numbers",
            "form": form,
            "media": self._context["media"] + form.media,
        }
        template = "admin/numbers/numberorder/order.html"
        return TemplateResponse(self._request, template, context, status=status)

    def review(self, form: NumberOrderForm, wish: Wish) -> HttpResponse:
        """Say what will be ordered, for whom, where, and what happens if some are gone."""
        e164s = wish.telephone_numbers
        held = reservations.in_force().filter(e164__in=e164s)
        context = {
            **self._context,
            "title": "Order these numbers?",
            "form": form,
            "values": form.cleaned_data,
            "wish": wish,
            "named": [display(e164) for e164 in e164s[:_NAMED_AT_MOST]],
            "unnamed": len(e164s) - _NAMED_AT_MOST,
            "numbers": "\n".join(e164s),
            "held": held.count(),
            "held_until": held.order_by("expires_at").values_list("expires_at", flat=True).first(),
            "bad": form.rows.bad[:_NAMED_AT_MOST],
            "bad_count": len(form.rows.bad),
            "repeated": len(form.rows.repeated),
        }
        return TemplateResponse(self._request, "admin/numbers/numberorder/confirm.html", context)


def said(search: Any) -> list[tuple[str, str]]:
    """Return what a search asks for, by the labels that people know, and how wide it looks."""
    if search is None:
        return []
    words = [(FIELDS[name].label, getattr(search, name)) for name in criteria_of(search)]
    if search.ends_in:
        words.append(("only at", "the end of the number"))
    if uses_calling_area(search):
        words.append(("also in", "places that are a local call away"))
    return words
