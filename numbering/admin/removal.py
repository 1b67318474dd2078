"""Removals: what was asked of the carrier, what came of each number, and what is to be decided."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from accounts.models import User
from carrier.errors import CarrierError
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import removal_sending, removals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.error_help import help_for
from numbering.enums import RemovalStatus
from numbering.forms import AdoptForm
from numbering.models import ErrorHelp, RemovalNumber, RemovalOrder

RIGHT = "numbers.request_removalorder"
_NUMBERS_PER_PAGE = 50


@dataclass(frozen=True)
class RemovalAction:
    """What a person decides on the page; each asks first. `run` returns the removal to go to."""

    label: str
    sentence: str
    run: Callable[[RemovalOrder, User, Any], RemovalOrder]
    done: str
    form: type[Form] | None = None


def _absent(order: RemovalOrder, person: User, _form: Any) -> RemovalOrder:
    removal_sending.confirm_absent(order, actor=person)
    return order


def _adopt(order: RemovalOrder, person: User, form: Any) -> RemovalOrder:
    removal_sending.adopt(
        order, carrier_order_id=form.cleaned_data["carrier_order_id"], actor=person
    )
    return order


def _again(order: RemovalOrder, person: User, _form: Any) -> RemovalOrder:
    return removals.request_again(order, actor=person)


ACTIONS = {
    "absent": RemovalAction(
        "It is not there",
        "Say so only after you have looked in the carrier's dashboard for our reference. The "
        "numbers are hosted as before; their removal can then be asked for again. Your name is "
        "recorded.",
        _absent,
        "Recorded. The numbers are hosted as before.",
    ),
    "adopt": RemovalAction(
        "It is there under this id",
        "The carrier's order is read before it is taken for ours.",
        _adopt,
        "The carrier's order was read and adopted.",
        AdoptForm,
    ),
    "again": RemovalAction(
        "Ask the carrier again",
        "The carrier is asked once more to remove the numbers that are still hosted. It cannot be "
        "taken back once it is sent.",
        _again,
        "The carrier is asked again.",
    ),
}


@admin.register(RemovalOrder)
class RemovalOrderAdmin(ReadOnlyAdmin):
    """The removals. They come from what customers take back, and change by the carrier's word."""

    empty_hint = "A removal begins when a customer takes back the permission for a hosted number."
    list_display = (
        "__str__",
        "subscriber",
        "status_badge",
        "number_count",
        "status_changed_at",
        "trouble",
    )
    list_filter = (choice_filter(RemovalStatus, "status", "Status"),)
    list_select_related = ("subscriber",)
    search_fields = ("subscriber__name", "customer_order_id", "carrier_order_id", "numbers__e164")
    search_help_text = "Subscriber, telephone number, our reference or the carrier's order id"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RemovalOrder]:
        """Count the numbers in the same query."""
        orders: QuerySet[RemovalOrder] = super().get_queryset(request)
        return orders.annotate(number_count=Count("numbers", distinct=True))

    @admin.display(description="Status", ordering="status")
    def status_badge(self, order: RemovalOrder) -> SafeString:
        """The status as a badge."""
        return badge(order.status, order.get_status_display())

    @admin.display(description="Numbers", ordering="number_count")
    def number_count(self, order: RemovalOrder) -> int:
        """How many numbers it is about."""
        return int(getattr(order, "number_count", 0))

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the page and of its actions."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:order_id>/change/", wrap(self.page_view), name="numbers_removalorder_change"
            ),
            path(
                "<int:order_id>/do/<slug:name>/",
                wrap(self.action_view),
                name="numbers_removalorder_do",
            ),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the removal."""
        order = self._order(request, order_id)
        rows = order.numbers.select_related("telephone_number")
        page = Paginator(rows, _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": str(order),
            "subtitle": None,
            "opts": self.opts,
            "order": order,
            "status_badge": badge(order.status, order.get_status_display()),
            "sentence": _sentence(order),
            "actions": _offered(order) if request.user.has_perm(RIGHT) else {},
            "number_page": page,
            "lines": _lines(list(page)),
            "events": order.events.select_related("actor").order_by("-at", "-pk")[:200],
            "attempt": order.attempts.last(),
            "now": timezone.now(),
        }
        return TemplateResponse(request, "admin/numbers/removalorder/removal.html", context)

    def action_view(self, request: HttpRequest, order_id: int, name: str) -> HttpResponse:
        """Decide: GET asks first, POST does it."""
        order = self._order(request, order_id)
        action = ACTIONS.get(name)
        if action is None:
            raise Http404
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        posted = request.method == "POST"
        form = action.form(request.POST if posted else None) if action.form else None
        if not posted or (form is not None and not form.is_valid()):
            context = {
                **self.admin_site.each_context(request),
                "title": f"{order}: {action.label}",
                "opts": self.opts,
                "order": order,
                "action": action,
                "form": form,
            }
            return TemplateResponse(
                request,
                "admin/numbers/removalorder/ask.html",
                context,
                status=422 if posted else 200,
            )
        try:
            order = action.run(order, person_of(request), form)
        except CannotDo as error:
            messages.error(request, str(error))
        except (CarrierError, CarrierNotConfigured) as error:
            messages.error(request, f"Nothing was changed. {in_words(error)}")
        else:
            messages.success(request, action.done)
        return HttpResponseRedirect(reverse("admin:numbers_removalorder_change", args=[order.pk]))

    def _order(self, request: HttpRequest, order_id: int) -> RemovalOrder:
        if not self.has_view_permission(request):
            raise PermissionDenied
        orders = RemovalOrder.objects.select_related("subscriber", "withdrawal", "created_by")
        order = orders.filter(pk=order_id).first()
        if order is None:
            raise Http404
        return order


def _lines(rows: list[RemovalNumber]) -> list[tuple[RemovalNumber, SafeString, ErrorHelp | None]]:
    """Return the rows, each with its result and what its code means."""
    helps = help_for({("removal", row.code) for row in rows if row.code})
    return [
        (row, badge(row.status, row.get_status_display()), helps.get(("removal", row.code)))
        for row in rows
    ]


def _offered(order: RemovalOrder) -> dict[str, RemovalAction]:
    """Return what is to be decided now, by its name in the address."""
    if removal_sending.parked_attempt(order) is not None:
        return {name: ACTIONS[name] for name in ("absent", "adopt")}
    if removals.kept_numbers(order):
        return {"again": ACTIONS["again"]}
    return {}


def _sentence(order: RemovalOrder) -> str:
    """Return where it is, and whose turn it is."""
    if removal_sending.parked_attempt(order) is not None:
        return (
            "The carrier gave no clear answer, and looking for the removal did not settle it. Look "
            "in the carrier's own dashboard for the reference below, then decide."
        )
    if removals.kept_numbers(order):
        return (
            "Some numbers are still hosted; the table says why. Once it is fixed, ask the carrier "
            "again."
        )
    return _SENTENCES[RemovalStatus(order.status)]


_SENTENCES = {
    RemovalStatus.SUBMITTING: "It is being sent to the carrier. Nothing to do.",
    RemovalStatus.UNKNOWN: "The carrier was asked and gave no clear answer. The portal looks for "
    "the removal and never sends it twice. Nothing to do yet.",
    RemovalStatus.RECEIVED: "The carrier has it and will start on it. Nothing to do.",
    RemovalStatus.PROCESSING: "The carrier is working on it; it promises no time. Nothing to do.",
    RemovalStatus.COMPLETE: "Done. The carrier hosts these numbers no more.",
    RemovalStatus.PARTIAL: "Over. Nothing of it is left to do.",
    RemovalStatus.FAILED: "Over. Nothing of it is left to do.",
}
