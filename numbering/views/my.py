"""The home of a customer who is signed in: their subscribers, orders and documents."""

from typing import TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.customer import customer_of, customers_only
from numbering.domain import contacts, hosting_requests
from numbering.domain.own_invitations import own_invitation
from numbering.domain.own_orders import own_status, with_letters, word_of
from numbering.enums import HostingRequestState, InvitationPurpose
from numbering.models import HostingRequest, ImportOrder, Loa
from numbering.views.link import first_page
from numbering.views.loa_file import loa_file
from numbering.views.misses import missing

_ORDERS_PER_PAGE = 20
_MOST_DOCUMENTS = 50
# A request is listed until it has become an order or was given up.
_UNDECIDED = (
    HostingRequestState.FILLING,
    HostingRequestState.SUBMITTED,
    HostingRequestState.RETURNED,
)

Row = TypeVar("Row", bound=Model)


@customers_only
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the person's subscribers; with only one, its page."""
    subscribers = list(contacts.subscribers_of(customer_of(request)))
    if len(subscribers) == 1:
        return redirect("numbering:my_subscriber", subscribers[0].pk)
    return render(request, "numbering/my.html", {"subscribers": subscribers})


@customers_only
@require_safe
def subscriber(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    """Show a subscriber's orders, requests and documents."""
    person = customer_of(request)
    own = _own(request, contacts.subscribers_of(person), subscriber_id)
    orders = with_letters(ImportOrder.objects.filter(subscriber=own))
    page = Paginator(orders, _ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "subscriber": own,
        "page": page,
        "orders": [(order, word_of(order)) for order in page],
        "requests": HostingRequest.objects.filter(subscriber=own, state__in=_UNDECIDED),
        "documents": Loa.objects.filter(subscriber=own)[:_MOST_DOCUMENTS],
        "has_several": contacts.subscribers_of(person).count() > 1,
    }
    return render(request, "numbering/my_subscriber.html", context)


@customers_only
@require_POST
def ask_for_numbers(request: HttpRequest, subscriber_id: int) -> HttpResponse:
    """Begin a hosting request for the subscriber, or go on with the one that was begun."""
    person = customer_of(request)
    begun = hosting_requests.start(
        subscriber=_own(request, contacts.subscribers_of(person), subscriber_id),
        email=person.email,
        name=person.name[:60],
        actor=person,
    )
    own = own_invitation(person=person, purpose=InvitationPurpose.HOST, request=begun)
    return redirect(first_page(own))


@customers_only
@require_POST
def hosting_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """Lead to what a request needs now: to be filled in, to be corrected, or to be waited for."""
    person = customer_of(request)
    purposes = {
        HostingRequestState.FILLING: InvitationPurpose.HOST,
        HostingRequestState.RETURNED: InvitationPurpose.CORRECT,
    }
    own = _own(request, contacts.requests_of(person), request_id)
    purpose = purposes.get(HostingRequestState(own.state), InvitationPurpose.STATUS)
    return redirect(first_page(own_invitation(person=person, purpose=purpose, request=own)))


@customers_only
@require_safe
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show where an order is, and its documents."""
    own = _own(request, contacts.orders_of(customer_of(request)), order_id)
    context = {
        "order": own,
        "status": own_status(own),
        "documents": Loa.objects.filter(coverage__order=own).distinct(),
    }
    return render(request, "numbering/my_order.html", context)


@customers_only
@require_POST
def letter(request: HttpRequest, order_id: int) -> HttpResponse:
    """Lead to where the letter of an order is signed or uploaded, if it waits for one."""
    own = _own(request, contacts.orders_of(customer_of(request)), order_id)
    if not own_status(own).needs_letter:
        return redirect("numbering:my_order", own.pk)
    return _to_own_page(request, own, InvitationPurpose.LOA)


@customers_only
@require_POST
def status(request: HttpRequest, order_id: int) -> HttpResponse:
    """Lead to the order's status page, on which permission can be taken back."""
    own = _own(request, contacts.orders_of(customer_of(request)), order_id)
    return _to_own_page(request, own, InvitationPurpose.STATUS)


@customers_only
@require_safe
def document(request: HttpRequest, loa_id: int) -> HttpResponse:
    """Give out one of the person's own LOAs; that they opened it is recorded."""
    person = customer_of(request)
    return loa_file(_own(request, contacts.loas_of(person), loa_id), person)


def _to_own_page(
    request: HttpRequest, own: ImportOrder, purpose: InvitationPurpose
) -> HttpResponse:
    person = customer_of(request)
    return redirect(first_page(own_invitation(person=person, purpose=purpose, order=own)))


def _own(request: HttpRequest, rows: QuerySet[Row], pk: int) -> Row:
    """Return one of the person's own rows; anything else is not there."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise missing(request)
    return found
