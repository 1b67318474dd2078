"""What a person decides about an order at the carrier; the page asks first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User
from carrier.errors import CarrierError
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import seen_to, unclear_orders
from numbering.domain.cannot_do import CannotDo
from numbering.domain.following import Follower
from numbering.domain.numbers_errand import NumbersErrand
from numbering.forms import AdoptForm
from numbering.models import NumberOrder, RemovalOrder


@dataclass(frozen=True)
class OrderAction:
    """Something to decide. `run` gets the order, the person and the form; it returns the order
    whose page comes next where that is another one."""

    label: str
    sentence: str
    run: Callable[[Any, User, Any], Any]
    done: str
    form: type[Form] | None = None
    is_danger: bool = False


def adopting(errand: NumbersErrand[Any, Any, Any]) -> OrderAction:
    """Return the decision that an order at the carrier is ours, by its id there."""
    return OrderAction(
        "It is there under this id",
        "The carrier's order is read before it is taken for ours.",
        lambda order, person, form: errand.adopt(
            order, carrier_order_id=form.cleaned_data["carrier_order_id"], actor=person
        ),
        "The carrier's order was read and adopted.",
        AdoptForm,
    )


def ending(follower: Follower[Any, Any]) -> OrderAction:
    """Return the decision that an order which the carrier does not bring to an end is over."""
    return OrderAction(
        "End it here",
        unclear_orders.BEFORE_END,
        lambda order, person, _: unclear_orders.end(follower, order, actor=person),
        "Ended here.",
    )


SEEN_TO = OrderAction(
    "Seen to",
    "You have seen what it did not bring, and nothing more is to be done about it. It leaves the "
    "home page. Your name is recorded.",
    lambda order, person, _: seen_to.see_to(order, actor=person),
    "Seen to.",
)


def decide(
    request: HttpRequest,
    order: NumberOrder | RemovalOrder,
    action: OrderAction | None,
    *,
    right: str,
    count: int,
) -> HttpResponse:
    """Answer the address of a decision: GET asks first, POST does it.

    `count` is how many numbers the order is about. Raises Http404 where nothing of that name can
    be decided, and PermissionDenied without the right.
    """
    if action is None:
        raise Http404
    if not request.user.has_perm(right):
        raise PermissionDenied
    page = f"admin:{order._meta.label_lower.replace('.', '_')}_change"
    posted = request.method == "POST"
    form = action.form(request.POST if posted else None) if action.form else None
    if not posted or (form is not None and not form.is_valid()):
        context = {
            **admin.site.each_context(request),
            "title": f"{order}: {action.label}",
            "opts": order._meta,
            "order": order,
            "count": count,
            "back": reverse(page, args=[order.pk]),
            "action": action,
            "form": form,
        }
        template = "admin/numbers/order_action.html"
        return TemplateResponse(request, template, context, status=422 if posted else 200)
    try:
        order = action.run(order, person_of(request), form) or order
    except CannotDo as error:
        messages.error(request, str(error))
    except (CarrierError, CarrierNotConfigured) as error:
        messages.error(request, f"Nothing was changed here. {in_words(error)}")
    else:
        messages.success(request, action.done)
    return HttpResponseRedirect(reverse(page, args=[order.pk]))
