"""The page *Find numbers*: look for numbers on offer, hold some, and go on to order them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from carrier.errors import CarrierError, Refused, Throttled
from carrier.records import AvailableExchange, AvailableNumber
from carrier.search import FIELDS, uses_calling_area
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import bulk, holding, number_search, reservations
from numbering.domain.cannot_do import CannotDo
from numbering.domain.error_help import help_for
from numbering.domain.number_orders import Wish, problem_of, taken_numbers
from numbering.enums import BulkKind, BulkRowState
from numbering.models import BulkAction, BulkRow, Reservation
from numbering.number_order_form import is_key, new_key
from numbering.phone import NotANumber, display, to_e164
from numbering.search_form import ExchangesForm, SearchForm, params_of

ORDER_RIGHT = "numbers.submit_numberorder"
VIEW_RIGHT = "numbers.view_numberorder"
# With this status htmx shows the part a last time and stops asking for it.
ASK_NO_MORE = 286
# Under which the help for carrier codes of searches stands.
_OPERATION = "search"
_EXCHANGES_AT_MOST = 300


@dataclass(frozen=True)
class _Row:
    """A number that was found, and why it cannot be picked."""

    number: AvailableNumber
    taken: str
    is_ticked: bool

    @property
    def text(self) -> str:
        """The number as people read it."""
        return display(self.number.e164)

    @property
    def place(self) -> str:
        """Where it is, in a few words."""
        return ", ".join(filter(None, (self.number.city, self.number.state)))


@dataclass(frozen=True)
class _ExchangeRow:
    """An exchange that has numbers on offer, and how to search them."""

    exchange: AvailableExchange
    params: str

    @property
    def place(self) -> str:
        """Where it is, in a few words."""
        return ", ".join(filter(None, (self.exchange.city, self.exchange.state)))


def urls() -> list[URLPattern]:
    """The addresses of the page and of what can be done there."""
    wrap = admin.site.admin_view
    return [
        path("find/", wrap(find_view), name="numbers_numberorder_find"),
        path("find/exchanges/", wrap(exchanges_view), name="numbers_numberorder_exchanges"),
        path("held/", wrap(held_view), name="numbers_numberorder_held"),
        path("find/hold/", wrap(hold_view), name="numbers_numberorder_hold"),
        path(
            "held/<int:reservation_id>/release/",
            wrap(release_view),
            name="numbers_numberorder_release",
        ),
    ]


def find_view(request: HttpRequest) -> HttpResponse:
    """Show the form, what it finds, and what is held for us."""
    if not request.user.has_perm(VIEW_RIGHT):
        raise PermissionDenied
    # A search is an address that anybody may open: what is wrong with it is no 422.
    return _search_page(request, search_query(request.GET))


def _search_page(
    request: HttpRequest,
    query: QueryDict,
    *,
    ticked: Collection[str] = (),
    pick_problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show what is found; `pick_problem` says why nothing was done with the ticked numbers."""
    form = SearchForm(query or None)
    found = _found(form, ticked) if form.is_valid() else {}
    more = {**found, "pick_problem": pick_problem}
    return _page(request, query, form, more, status=status)


def exchanges_view(request: HttpRequest) -> HttpResponse:
    """List the exchanges that have numbers, below the form as it was filled in."""
    if not request.user.has_perm(VIEW_RIGHT):
        raise PermissionDenied
    query = search_query(request.GET)
    # Not bound: what else is typed in is no mistake before it is searched for.
    initial = {name: query.get(name, "") for name in SearchForm().fields} if query else {}
    return _page(request, query, SearchForm(initial=initial), _exchanges(query))


def _page(
    request: HttpRequest,
    query: QueryDict,
    form: SearchForm,
    more: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Find numbers",
        "form": form,
        "explained": FIELDS,
        "may_order": request.user.has_perm(ORDER_RIGHT),
        "query": query.urlencode(),
        **_held(request),
        **more,
    }
    template = "admin/numbers/numberorder/find.html"
    return TemplateResponse(request, template, context, status=status)


def search_query(given: QueryDict) -> QueryDict:
    """Return the part of what was given that belongs to a search; nothing else is handed on."""
    query = QueryDict(mutable=True)
    for name in SearchForm().fields:
        if name in given:
            query[name] = str(given[name])
    return query


def _found(form: SearchForm, ticked: Collection[str]) -> dict[str, Any]:
    search = form.search
    try:
        found = number_search.find(search)
    except (CarrierError, CarrierNotConfigured) as error:
        return _trouble(error)
    loosening = number_search.loosening(search)
    # Of what is out of stock a person can only wait for more.
    waits = not found.numbers
    choices = {**params_of(search), "key": (key := new_key()), **({"wait": "on"} if waits else {})}
    return {
        "search": search,
        "found": found,
        "rows": [
            _Row(number, found.taken.get(number.e164, ""), number.e164 in ticked)
            for number in found.shown
        ],
        "is_widened": uses_calling_area(search),
        "loosening": loosening,
        "looser": urlencode(params_of(loosening.search)) if loosening else "",
        "like_these": urlencode(choices),
        "no_like_these": problem_of(Wish(search=search), is_back_order=waits),
        "key": key,
        "hold_at_most": holding.HOLD_AT_MOST,
    }


def _exchanges(query: QueryDict) -> dict[str, Any]:
    form = ExchangesForm(query)
    if not form.is_valid():
        return {"trouble": form.problem}
    search = form.search
    try:
        found = number_search.exchanges(area_code=search.area_code, state=search.state)
    except (CarrierError, CarrierNotConfigured) as error:
        return _trouble(error)
    return {
        "is_by_exchange": True,
        "exchange_count": len(found),
        "exchanges": [_exchange_row(one, search.quantity) for one in found[:_EXCHANGES_AT_MOST]],
        "exchanges_of": search,
    }


def _exchange_row(exchange: AvailableExchange, quantity: int) -> _ExchangeRow:
    search = number_search.exchange_search(exchange, quantity=quantity)
    return _ExchangeRow(exchange, urlencode(params_of(search)))


def _trouble(error: CarrierError | CarrierNotConfigured) -> dict[str, Any]:
    """The carrier's own reasons with the help for them when it has some, else what went wrong."""
    if isinstance(error, Throttled):
        until = f" until {error.retry_at:%H:%M:%S} UTC" if error.retry_at else ""
        return {"trouble": f"The carrier asks us to wait{until}. Search again after that."}
    problems = error.problems[:5] if isinstance(error, CarrierError) else ()
    said = "; ".join(f"{problem.code} {problem.description}".strip() for problem in problems)
    did = "refused" if isinstance(error, Refused) else "did not answer"
    why = f"It says: {said}" if said else in_words(error)
    return {
        "trouble": f"The carrier {did} the search. {why}",
        "helps": help_for({(_OPERATION, problem.code) for problem in problems}).values(),
    }


def held_view(request: HttpRequest) -> HttpResponse:
    """Give the part of the page that changes by itself while numbers are being held."""
    if not request.user.has_perm(VIEW_RIGHT):
        raise PermissionDenied
    context = {
        **_held(request),
        "may_order": request.user.has_perm(ORDER_RIGHT),
        "query": search_query(request.GET).urlencode(),
    }
    template = "admin/numbers/numberorder/held.html"
    status = 200 if context["is_holding"] else ASK_NO_MORE
    return TemplateResponse(request, template, context, status=status)


def _held(request: HttpRequest) -> dict[str, Any]:
    """What is held, and how the person's newest wish to hold some came out."""
    held = list(reservations.shown())
    action = (
        BulkAction.objects.filter(
            kind=BulkKind.HOLD,
            person=person_of(request),
            asked_at__gt=timezone.now() - reservations.HELD_FOR,
        )
        .order_by("-pk")
        .first()
    )
    ordered = taken_numbers([one.e164 for one in held])
    now = timezone.now()
    return {
        "held": [(one, one.expires_at > now, ordered.get(one.e164, "")) for one in held],
        "is_holding": action is not None and action.finished_at is None,
        "hold_progress": bulk.progress_of(action) if action else None,
        "hold_trouble": action.trouble if action else "",
        "not_held": _not_held(action),
        "key": new_key(),
        "now": now,
    }


def _not_held(action: BulkAction | None) -> list[BulkRow]:
    """The numbers that were wished for and are not held, each with the reason."""
    if action is None:
        return []
    return list(action.rows.exclude(state=BulkRowState.DONE).exclude(message=""))


def picked(request: HttpRequest) -> dict[str, str]:
    """Return the numbers that were ticked, each with where it is as the page said it.

    What is no number was never offered, and is left out.
    """
    places: dict[str, str] = {}
    for text in request.POST.getlist("pick"):
        number, _, place = text.replace("\x00", "").partition(" ")
        try:
            places[to_e164(number)] = place
        except NotANumber:
            continue
    return places


def _query_below(request: HttpRequest) -> QueryDict:
    """Return the search that the ticks stood under."""
    return search_query(QueryDict(request.POST.get("query", "")))


def to_search(request: HttpRequest, *, anchor: str = "") -> HttpResponse:
    """Go back to the search that the ticks stood under."""
    query = _query_below(request).urlencode()
    address = reverse("admin:numbers_numberorder_find")
    return HttpResponseRedirect(f"{address}{'?' if query else ''}{query}{anchor}")


def key_of(request: HttpRequest) -> str:
    """Return the key of the page that an order comes from, or a new one."""
    key = request.POST.get("key", "") or request.GET.get("key", "")
    return key if is_key(key) else new_key()


@require_POST
def hold_view(request: HttpRequest) -> HttpResponse:
    """Have the ticked numbers held by a worker. What cannot be held stays ticked."""
    if not request.user.has_perm(ORDER_RIGHT):
        raise PermissionDenied
    places = picked(request)
    try:
        holding.hold(places, actor=person_of(request))
    except CannotDo as error:
        query = _query_below(request)
        return _search_page(request, query, ticked=places, pick_problem=str(error), status=422)
    return to_search(request, anchor="#held")


@require_POST
def release_view(request: HttpRequest, reservation_id: int) -> HttpResponse:
    """Give a held number back."""
    if not request.user.has_perm(ORDER_RIGHT):
        raise PermissionDenied
    reservation = Reservation.objects.filter(pk=reservation_id).first()
    if reservation is None:
        raise Http404
    try:
        reservations.release(reservation)
    except CannotDo as error:
        messages.error(request, str(error))
    except (CarrierError, CarrierNotConfigured) as error:
        messages.error(request, f"{reservation} is held still. {in_words(error)}")
    else:
        messages.success(request, f"{reservation} was given back.")
    return to_search(request, anchor="#held")
