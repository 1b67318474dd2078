"""Submitting an import order: what `sending` sends, finds again, and what follows from it."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from accounts.again import repeated
from accounts.models import User
from carrier import import_orders as carrier_orders
from carrier.client import Carrier
from carrier.errors import CarrierError
from carrier.records import ImportOrderRecord, NewImportOrder, ServiceAddress
from numbering import clock
from numbering.carrier_link import in_words
from numbering.domain import (
    blanket,
    customer_news,
    following,
    jobs,
    looking,
    sending,
    telephone_numbers,
    withdrawal_queue,
)
from numbering.domain.import_orders import CannotDo, kinds_in, mark_problems
from numbering.domain.order_errand import OrderErrand
from numbering.domain.results import FOLLOWER, apply_record
from numbering.domain.timeline import move, note
from numbering.enums import (
    AT_CARRIER,
    AttemptState,
    ImportOrderStatus,
    LearnedBy,
    OrderNumberStatus,
)
from numbering.models import ImportOrder, Job, LoaUpload, SubmitAttempt
from numbering.models.attempt import OPEN_ATTEMPTS
from numbering.validators import ORDER_NUMBERS_LIMIT
from numbering.wording import counted


class ImportOrderErrand(OrderErrand[SubmitAttempt, ImportOrderRecord]):
    """An import order on its way to the carrier."""

    settle_job = "settle_attempt"
    unknown_status = ImportOrderStatus.UNKNOWN

    def attempts(self) -> QuerySet[SubmitAttempt]:
        """Return the attempts with their orders."""
        return SubmitAttempt.objects.select_related("order__subscriber", "order__sip_peer")

    def open_attempt(self, subject: int) -> SubmitAttempt | None:
        """Return the order's open attempt."""
        return self.attempts().filter(order_id=subject, state__in=OPEN_ATTEMPTS).first()

    def order_id(self, attempt: SubmitAttempt) -> int | None:
        """Return the order's primary key."""
        return attempt.order_id

    def begin(self, attempt: SubmitAttempt) -> bool:
        """Bring an order that waited for the carrier back to *submitting*."""
        order = attempt.order
        if taken_back := withdrawal_queue.forbidden_count(order):
            self.not_sent(attempt, _forbidden(taken_back))
            return False
        if order.status == ImportOrderStatus.CHECKED:
            move(
                order,
                ImportOrderStatus.SUBMITTING,
                reason="Trying to send it again; nothing was sent before.",
                learned_by=LearnedBy.PORTAL,
                customer_order_id=attempt.customer_order_id,
            )
        return order.status == ImportOrderStatus.SUBMITTING

    def prepare(self, attempt: SubmitAttempt) -> Callable[[Carrier], ImportOrderRecord]:
        """Build the order document."""
        document = _document(attempt)
        return lambda carrier: carrier_orders.create(carrier, order=document)

    def find(
        self, carrier: Carrier, attempt: SubmitAttempt, keep_alive: Callable[[], None]
    ) -> list[ImportOrderRecord]:
        """Look by reference; if that finds nothing, by each of the order's numbers."""
        e164s = list(attempt.order.numbers.values_list("e164", flat=True))
        known = ImportOrder.objects.filter(numbers__e164__in=e164s)
        return looking.find_ours(
            attempt,
            e164s,
            by_reference=lambda text: carrier_orders.find(carrier, customer_order_id=text),
            by_number=lambda e164: carrier_orders.find(carrier, telephone_number=e164),
            get=lambda order_id: carrier_orders.get(carrier, order_id=order_id),
            known=[known_id or "" for known_id in known.values_list("carrier_order_id", flat=True)],
            keep_alive=keep_alive,
        )

    def carrier_id(self, record: ImportOrderRecord) -> str:
        """Return the carrier's order id."""
        return record.order_id

    def accepted(
        self,
        attempt: SubmitAttempt,
        record: ImportOrderRecord,
        *,
        learned_by: LearnedBy,
        actor: User | None,
    ) -> None:
        """The numbers start importing, the LOA goes along, and early webhooks are applied."""
        order = attempt.order
        order.numbers.update(
            status=OrderNumberStatus.SENT,
            operation="",
            code="",
            description="",
            attempts=F("attempts") + 1,
        )
        move(
            order,
            ImportOrderStatus.RECEIVED,
            reason=f"The carrier has the order as {record.order_id}.",
            learned_by=learned_by,
            actor=actor,
            carrier_order_id=record.order_id,
            customer_order_id=attempt.customer_order_id,
            next_read_at=clock.now() + timedelta(seconds=settings.SWEEP_FIRST_SECONDS),
            reads=0,
            trouble="",
        )
        telephone_numbers.start_importing(order, learned_by=learned_by)
        withdrawal_queue.bind(order)
        apply_record(order, record, learned_by=learned_by)
        # One that is over already has had its own mail.
        if order.status in AT_CARRIER:
            customer_news.with_carrier(order)
        for upload_id in LoaUpload.objects.filter(order=order).values_list("pk", flat=True):
            jobs.enqueue("upload_loa", subject_id=upload_id)
        following.begin(FOLLOWER, order)

    def not_sent(self, attempt: SubmitAttempt, message: str) -> None:
        """The order is *checked*, as before, and says what keeps it there."""
        if not move(
            attempt.order,
            ImportOrderStatus.CHECKED,
            reason=message,
            learned_by=LearnedBy.PORTAL,
            trouble=message[:1000],
        ):
            ImportOrder.objects.filter(
                pk=attempt.order_id, status=ImportOrderStatus.CHECKED
            ).update(trouble=message[:1000])

    def refused(self, attempt: SubmitAttempt, error: CarrierError) -> str:
        """The order is a draft again, with the carrier's reasons on the numbers they name."""
        reasons = "; ".join(
            f"{problem.code}: {problem.description}" if problem.code else problem.description
            for problem in error.problems[:5]
        )
        message = f"The carrier refused the order: {reasons or in_words(error)}"
        order = attempt.order
        named = {e164: problem for problem in error.problems for e164 in problem.telephone_numbers}
        mark_problems(order, named, status=OrderNumberStatus.BLOCKED, operation="import")
        move(
            order,
            ImportOrderStatus.DRAFT,
            reason=message + " Nothing was created at the carrier.",
            learned_by=LearnedBy.ANSWER,
            trouble=message[:1000],
        )
        return message


_ERRAND = ImportOrderErrand()


def _forbidden(count: int) -> str:
    return (
        f"The subscriber took back the permission for {counted(count, 'number')} of this order. "
        "Remove them, or get a new letter for them."
    )


def _document(attempt: SubmitAttempt) -> NewImportOrder:
    order = attempt.order
    subscriber = order.subscriber
    return NewImportOrder(
        customer_order_id=attempt.customer_order_id,
        site_id=order.sip_peer.site_id,
        sip_peer_id=order.sip_peer.sip_peer_id,
        subscriber_name=subscriber.name,
        service_address=ServiceAddress(
            house_number=subscriber.house_number,
            house_suffix=subscriber.house_suffix,
            pre_directional=subscriber.pre_directional,
            street_name=subscriber.street_name,
            street_suffix=subscriber.street_suffix,
            post_directional=subscriber.post_directional,
            address_line2=subscriber.address_line2,
            city=subscriber.city,
            state_code=subscriber.state_code,
            zip=subscriber.zip_code,
            plus_four=subscriber.plus_four,
            county=subscriber.county,
        ),
        loa_authorizing_person=order.loa_authorizing_person,
        loa_type="CARRIER" if order.loa_type == "CARRIER" else "SUBSCRIBER",
        telephone_numbers=tuple(order.numbers.values_list("e164", flat=True)),
    )


# --- What people and workers call ---------------------------------------------------------------


@repeated
def submit(order: ImportOrder, *, actor: User | None) -> SubmitAttempt:
    """Write down the intention to send, and have a worker do it.

    Raises CannotDo when the order is not ready, or was sent already (a second tab, a reload).
    """
    if len(kinds_in(order)) > 1:
        raise CannotDo("Local and toll-free numbers must be split into two orders first.")
    count = order.numbers.count()
    if not count:
        raise CannotDo("Add telephone numbers first.")
    if count > ORDER_NUMBERS_LIMIT:
        raise CannotDo(f"The carrier takes at most {ORDER_NUMBERS_LIMIT:,} numbers in one order.")
    if taken_back := withdrawal_queue.forbidden_count(order):
        raise CannotDo(_forbidden(taken_back))
    # A queued try that found the carrier away belongs to the same intention.
    attempt = SubmitAttempt.objects.filter(order=order, state=AttemptState.PENDING).first()
    reference = attempt.customer_order_id if attempt else f"IO{order.pk}-{secrets.token_hex(6)}"
    if not move(
        order,
        ImportOrderStatus.SUBMITTING,
        reason=f"Submitted under our reference {reference}.",
        learned_by=LearnedBy.PERSON,
        actor=actor,
        customer_order_id=reference,
        trouble="",
    ):
        order.refresh_from_db()
        if order.status == ImportOrderStatus.DRAFT:
            raise CannotDo("Check importability first.")
        label = order.get_status_display().lower()
        raise CannotDo(f"This order was sent already: it is {label}.")
    if attempt is None:
        attempt = SubmitAttempt.objects.create(
            order=order, customer_order_id=reference, actor=actor
        )
    blanket.consume(order, actor=actor)
    jobs.enqueue("submit_order", subject_id=order.pk)
    return attempt


@repeated
def withdraw(order: ImportOrder, *, actor: User | None) -> None:
    """Take back an intention that nothing was sent for yet (the carrier was away)."""
    attempt = _ERRAND.open_attempt(order.pk)
    if attempt is None or not sending.withdraw(_ERRAND, attempt):
        raise CannotDo("It is too late to take this back: the order is being sent.")
    reason = "Sending was taken back; nothing had been sent."
    if not move(
        order,
        ImportOrderStatus.CHECKED,
        reason=reason,
        learned_by=LearnedBy.PERSON,
        actor=actor,
        trouble="",
    ):
        ImportOrder.objects.filter(pk=order.pk).update(trouble="")
        note(order, reason, learned_by=LearnedBy.PERSON, actor=actor)


def run_submit(job: Job) -> None:
    """Handler: send the order of this job, once."""
    sending.run_send(_ERRAND, job)


def give_up_submit(job: Job) -> None:
    """The submit job was parked: what was never sent is withdrawn and waits for a person."""
    if not sending.give_up(_ERRAND, job):
        return
    order = ImportOrder.objects.get(pk=job.subject)
    reason = "The portal stopped trying to send this order; nothing was sent. Submit it again."
    ImportOrder.objects.filter(pk=order.pk, status=ImportOrderStatus.CHECKED).update(trouble=reason)
    note(order, reason, learned_by=LearnedBy.PORTAL)


def run_settle(job: Job) -> None:
    """Handler: look for an order whose submission got no clear answer."""
    sending.run_settle(_ERRAND, job)


def parked_attempt(order: ImportOrder) -> SubmitAttempt | None:
    """Return the attempt that waits for a person's decision, if there is one."""
    return order.attempts.filter(state=AttemptState.PARKED).first()


@repeated
def confirm_absent(order: ImportOrder, *, actor: User) -> None:
    """A person has made sure that the carrier does not have the order: it may be sent again."""
    attempt = parked_attempt(order)
    if (
        attempt is None
        or not sending.confirm_absent(_ERRAND, attempt, actor=actor)
        or not move(
            order,
            ImportOrderStatus.CHECKED,
            reason=f"{actor} made sure that the carrier does not have this order.",
            learned_by=LearnedBy.PERSON,
            actor=actor,
            trouble="",
        )
    ):
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")


def adopt(order: ImportOrder, *, carrier_order_id: str, actor: User) -> None:
    """A person names the carrier's order that ours became; it is read before it is believed.

    Raises CannotDo when the id is none, or names an order that cannot be ours, and CarrierError
    when the carrier could not be asked.
    """
    attempt = parked_attempt(order)
    if attempt is None:
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")
    record = looking.named_by_person(order, attempt, carrier_order_id, FOLLOWER.get)
    if not sending.accept(_ERRAND, attempt, record, learned_by=LearnedBy.PERSON, actor=actor):
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")
