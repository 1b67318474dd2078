"""News for customers: a mail at each change that matters to them, with a link to see where it is.

Called by the code that made the change, once it has written everything that the mail speaks of and
in the same transaction. What moves only inside the house (checked, unknown …) is no news.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Max, Q

from accounts.rights import Role
from numbering.domain import invitations
from numbering.domain.customer_mails import write_to_customer
from numbering.domain.customer_status import NumberGroup, grouped
from numbering.domain.order_results import NOT_TAKEN, results_of
from numbering.enums import ImportOrderStatus, InvitationPurpose, NumberState
from numbering.models import (
    HostingRequest,
    ImportOrder,
    ImportOrderNumber,
    Invitation,
    SubscriberContact,
)
from numbering.phone import display
from numbering.wording import counted

# A mail names so many numbers of a kind; the page behind its link has them all.
_MOST_NAMED = 20
_SETTLED = {
    ImportOrderStatus.COMPLETE: "order_complete",
    ImportOrderStatus.PARTIAL: "order_partial",
    ImportOrderStatus.FAILED: "order_failed",
}


def recipients_of(order: ImportOrder) -> dict[str, str]:
    """Return who hears of an order, as name by address: contacts, and whom we have invited to it.

    An order that came from another one is news for those who were invited to that one. Somebody
    whose invitations were all withdrawn was invited by mistake, and hears nothing.
    """
    orders = _line_of(order)
    found = _invited(Q(order__in=orders) | Q(request__order__in=orders))
    contacts = SubscriberContact.objects.filter(
        subscriber=order.subscriber_id, person__is_active=True
    )
    for email, name in contacts.values_list("person__email", "person__name"):
        found.setdefault(email.lower(), name)
    return found


def request_received(request: HostingRequest) -> None:
    """The customer has handed their request in."""
    people = {request.contact_email.lower(): request.contact_name}
    people |= _invited(Q(request=request))
    for email, name in people.items():
        _write("request_received", email, name, request=request)


def letter_received(order: ImportOrder) -> None:
    """A signed letter was uploaded for the order. (One that is signed here is mailed as a copy.)"""
    _tell(order, "letter_received")


def with_carrier(order: ImportOrder) -> None:
    """The carrier has taken the order and is working on it."""
    _tell(order, "order_with_carrier")


def settled(order: ImportOrder) -> None:
    """The order came to its end at the carrier, and each number has its result."""
    people = recipients_of(order)
    if not people:
        return
    results = results_of(order)
    failed = [result for result in results if result.group.result == NOT_TAKEN]
    _tell(
        order,
        _SETTLED[ImportOrderStatus(order.status)],
        people,
        done=counted(len(results) - len(failed), "number"),
        not_taken=_named(grouped((result.e164, result.group) for result in failed)),
    )


def numbers_lost(e164s: Collection[str]) -> None:
    """Another company has taken over these numbers' texting: one mail to each for all of them."""
    rows = (
        ImportOrderNumber.objects.filter(e164__in=e164s, telephone_number__state=NumberState.LOST)
        .values("e164")
        .annotate(latest=Max("order"))
        .values_list("e164", "latest")
    )
    numbers: dict[int, list[str]] = defaultdict(list)
    for e164, order_id in rows:
        numbers[order_id].append(e164)
    orders = ImportOrder.objects.select_related("subscriber").filter(pk__in=numbers)
    for order in orders.order_by("pk"):
        lost = NumberGroup("", numbers=tuple(display(e164) for e164 in sorted(numbers[order.pk])))
        _tell(order, "numbers_lost", lost=_named([lost])[0])


def withdrawn(order: ImportOrder, *, email: str, name: str, e164s: Collection[str]) -> None:
    """Prove to the customer, and say to everybody else, what permission was taken back."""
    taken_back = NumberGroup("", numbers=tuple(display(e164) for e164 in sorted(e164s)))
    people = {email: name} | recipients_of(order)
    _tell(
        order,
        "withdrawn",
        people,
        taken_back=_named([taken_back])[0],
        by=f"{name} ({email})" if name else email,
    )


def _tell(
    order: ImportOrder, template: str, people: dict[str, str] | None = None, **context: Any
) -> None:
    for email, name in sorted((recipients_of(order) if people is None else people).items()):
        _write(template, email, name, order=order, **context)


def _write(
    template: str,
    email: str,
    name: str,
    *,
    order: ImportOrder | None = None,
    request: HostingRequest | None = None,
    **context: Any,
) -> None:
    """Each recipient gets a link of their own: what one of them does with it is theirs."""
    _, address = invitations.new_link(
        purpose=InvitationPurpose.STATUS, email=email, name=name, order=order, request=request
    )
    write_to_customer(
        template,
        recipient=email,
        order=order,
        request=request,
        name=name,
        address=address,
        **context,
    )


def _invited(about: Q) -> dict[str, str]:
    """Return whom a person of ours, or the portal in their place, has invited to do something."""
    # Neither a link that went along with news nor one that customers make for themselves makes
    # anybody a recipient: a contact who was removed hears nothing more.
    asked = (
        Invitation.objects.filter(about, withdrawn_at=None)
        .exclude(purpose=InvitationPurpose.STATUS, created_by=None)
        .exclude(created_by__role=Role.CUSTOMER)
    )
    return dict(asked.order_by("-pk").values_list("email", "name"))


def _line_of(order: ImportOrder) -> list[ImportOrder]:
    """Return the order and those that it came from."""
    line = [order]
    while (origin := line[-1].parent or line[-1].split_from) is not None:
        line.append(origin)
    return line


def _named(groups: Iterable[NumberGroup]) -> list[tuple[NumberGroup, list[str], int]]:
    """Return each group with the numbers that a mail names, and how many more there are."""
    return [
        (group, list(group.numbers[:_MOST_NAMED]), max(0, len(group.numbers) - _MOST_NAMED))
        for group in groups
    ]
