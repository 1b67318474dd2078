"""The one way of sending an order: intent, claim, call, outcome, and settling the unknown.

The carrier has no idempotency key: sending twice makes two orders. So the intention is committed
before the call under a reference of its own; one worker claims it by a conditional write and
re-checks the claim just before the call; and an attempt whose outcome is unknown is settled by
looking, never by sending again. When two looks with a full wait between find nothing, a person
decides.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from carrier import import_orders as carrier_orders
from carrier.errors import CarrierError, CredentialsRefused, Outcome, Refused, Throttled
from carrier.records import ImportOrderRecord, NewImportOrder, ServiceAddress
from numbering.carrier_link import CarrierNotConfigured, get_carrier, in_words, working_on
from numbering.domain import jobs, telephone_numbers
from numbering.domain.import_orders import CannotDo, kinds_in, mark_problems
from numbering.domain.jobs import TryLater
from numbering.domain.results import apply_record
from numbering.domain.timeline import move, note
from numbering.enums import (
    AttemptState,
    ImportOrderStatus,
    LearnedBy,
    OrderNumberStatus,
    WebhookState,
)
from numbering.models import ImportOrder, Job, LoaUpload, SubmitAttempt, WebhookEvent
from numbering.validators import ORDER_NUMBERS_LIMIT

OPEN_ATTEMPTS = (
    AttemptState.PENDING,
    AttemptState.SENDING,
    AttemptState.UNKNOWN,
    AttemptState.PARKED,
)
# Looking by telephone number stops after so many; the look by reference covers the whole order.
LOOKED_UP_NUMBERS = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
    with transaction.atomic():
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
        jobs.enqueue("submit_order", subject_id=order.pk)
    return attempt


def withdraw(order: ImportOrder, *, actor: User | None) -> None:
    """Take back an intention that nothing was sent for yet (the carrier was away)."""
    with transaction.atomic():
        withdrawn = SubmitAttempt.objects.filter(order=order, state=AttemptState.PENDING).update(
            state=AttemptState.WITHDRAWN, settled_at=Now()
        )
        if not withdrawn:
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
    """Handler: send the order of this job, once. Raises TryLater when nothing was sent."""
    attempt = (
        SubmitAttempt.objects.select_related("order__subscriber", "order__sip_peer")
        .filter(order_id=job.subject, state__in=OPEN_ATTEMPTS)
        .first()
    )
    if attempt is None or attempt.state in (AttemptState.UNKNOWN, AttemptState.PARKED):
        return  # settled already, or another job looks it up
    if attempt.state == AttemptState.SENDING:
        # A worker claimed it and never reported back: it may have been sent.
        _outcome_unknown(attempt, "The worker stopped while sending.")
        return
    try:
        carrier = get_carrier()
    except CarrierNotConfigured as error:
        _not_sent(attempt, str(error))
        raise TryLater(str(error), after=60) from error
    if not _claim(attempt, job):
        return
    document = _document(attempt)
    # Only the holder of a live claim may send, so it is asked for once more just before the call.
    if not _renew_over_call(job):
        _release(attempt)
        return
    try:
        with working_on(attempt.order_id):
            record = carrier_orders.create(carrier, order=document)
    except CarrierError as error:
        _settle_error(attempt, error)
    else:
        accept(attempt, record, learned_by=LearnedBy.ANSWER)


def _renew_over_call(job: Job) -> bool:
    """Stretch the lease over the longest possible call: nobody shall take it for abandoned."""
    return jobs.renew(job, seconds=float(str(settings.CARRIER["call_timeout"])) * 2 + 30)


def give_up_submit(job: Job) -> None:
    """The submit job was parked: what was never sent is withdrawn and waits for a person."""
    sending = SubmitAttempt.objects.filter(order_id=job.subject, state=AttemptState.SENDING)
    if (attempt := sending.select_related("order").first()) is not None:
        _outcome_unknown(attempt, "The worker stopped while sending.")
        return
    SubmitAttempt.objects.filter(order_id=job.subject, state=AttemptState.PENDING).update(
        state=AttemptState.WITHDRAWN, settled_at=Now()
    )
    order = ImportOrder.objects.get(pk=job.subject)
    reason = "The portal stopped trying to send this order; nothing was sent. Submit it again."
    ImportOrder.objects.filter(pk=order.pk, status=ImportOrderStatus.CHECKED).update(trouble=reason)
    note(order, reason, learned_by=LearnedBy.PORTAL)


def _claim(attempt: SubmitAttempt, job: Job) -> bool:
    with transaction.atomic():
        order = attempt.order
        # In this transaction, so that a worker that slept and lost its job claims nothing.
        claimed = _renew_over_call(job) and SubmitAttempt.objects.filter(
            pk=attempt.pk, state=AttemptState.PENDING
        ).update(state=AttemptState.SENDING, claim_token=job.lease_token, sent_at=Now())
        if not claimed:
            return False
        if order.status == ImportOrderStatus.CHECKED:
            move(
                order,
                ImportOrderStatus.SUBMITTING,
                reason="Trying to send it again; nothing was sent before.",
                learned_by=LearnedBy.PORTAL,
                customer_order_id=attempt.customer_order_id,
            )
        if order.status != ImportOrderStatus.SUBMITTING:
            # Somebody changed the draft while it waited for the carrier to come back.
            SubmitAttempt.objects.filter(pk=attempt.pk).update(
                state=AttemptState.WITHDRAWN, settled_at=Now()
            )
            return False
    attempt.refresh_from_db()
    return True


def _release(attempt: SubmitAttempt) -> None:
    """Give a claim back: the lease ended before anything was sent."""
    SubmitAttempt.objects.filter(
        pk=attempt.pk, state=AttemptState.SENDING, claim_token=attempt.claim_token
    ).update(state=AttemptState.PENDING, claim_token="", sent_at=None)


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


def _settle_error(attempt: SubmitAttempt, error: CarrierError) -> None:
    if error.outcome is Outcome.UNKNOWN:
        _outcome_unknown(attempt, in_words(error))
    elif isinstance(error, Throttled):
        _not_sent(attempt, "The carrier asks us to wait; nothing was sent yet.")
        raise TryLater(error.message, at=error.retry_at, counts=False)
    elif isinstance(error, CredentialsRefused):
        _not_sent(
            attempt,
            "The carrier refused our credentials; nothing was sent. An administrator must check "
            "the carrier settings.",
        )
        raise TryLater(error.message, after=600)
    elif isinstance(error, Refused):
        _refused(attempt, error)
    else:
        _not_sent(
            attempt,
            f"{in_words(error)} Nothing was sent; the portal tries again by itself.",
        )
        raise TryLater(error.message)


def _not_sent(attempt: SubmitAttempt, message: str) -> None:
    """Nothing left us: the order goes back to exactly where it was, the intention stays."""
    with transaction.atomic():
        kept = SubmitAttempt.objects.filter(
            pk=attempt.pk,
            state__in=(AttemptState.PENDING, AttemptState.SENDING),
            claim_token=attempt.claim_token,
        ).update(state=AttemptState.PENDING, claim_token="", sent_at=None, message=message[:1000])
        if not kept:
            return  # taken for lost meanwhile: whoever looks for it has the word now
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


def _refused(attempt: SubmitAttempt, error: CarrierError) -> None:
    reasons = "; ".join(
        f"{problem.code}: {problem.description}" if problem.code else problem.description
        for problem in error.problems[:5]
    )
    message = f"The carrier refused the order: {reasons or in_words(error)}"
    with transaction.atomic():
        refused = SubmitAttempt.objects.filter(
            pk=attempt.pk, state=AttemptState.SENDING, claim_token=attempt.claim_token
        ).update(state=AttemptState.REFUSED, settled_at=Now(), message=message[:1000])
        if not refused:
            return  # taken for lost meanwhile: whoever looks for it has the word now
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


def _outcome_unknown(attempt: SubmitAttempt, message: str) -> None:
    with transaction.atomic():
        changed = SubmitAttempt.objects.filter(
            pk=attempt.pk, state=AttemptState.SENDING, claim_token=attempt.claim_token
        ).update(state=AttemptState.UNKNOWN, message=message[:1000])
        if not changed:
            return
        move(
            attempt.order,
            ImportOrderStatus.UNKNOWN,
            reason=f"{message} The carrier may have the order: the portal looks for it and does "
            "not send it again.",
            learned_by=LearnedBy.PORTAL,
        )
        jobs.enqueue("settle_attempt", subject_id=attempt.pk, due_in=settings.LOOK_FIRST_SECONDS)


def accept(
    attempt: SubmitAttempt,
    record: ImportOrderRecord,
    *,
    learned_by: LearnedBy,
    actor: User | None = None,
) -> bool:
    """The carrier has the order under `record.order_id`; return False when it was known already.

    Also true for an attempt that was taken for lost meanwhile: what is known outweighs the doubt.
    """
    with transaction.atomic():
        adopted = SubmitAttempt.objects.filter(pk=attempt.pk, state__in=OPEN_ATTEMPTS).update(
            state=AttemptState.ACCEPTED,
            settled_at=Now(),
            carrier_order_id=record.order_id,
        )
        if not adopted:
            return False
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
            next_read_at=timezone.now() + timedelta(seconds=settings.SWEEP_FIRST_SECONDS),
            reads=0,
            trouble="",
        )
        telephone_numbers.start_importing(order, learned_by=learned_by)
        apply_record(order, record, learned_by=learned_by)
        for upload_id in LoaUpload.objects.filter(order=order).values_list("pk", flat=True):
            jobs.enqueue("upload_loa", subject_id=upload_id)
        jobs.enqueue(
            "read_order",
            subject_id=order.pk,
            learned_by=LearnedBy.SWEEP,
            due_in=settings.READ_SOON_SECONDS,
        )
        # A notification may have been faster than the answer to our own call.
        early = WebhookEvent.objects.filter(
            state=WebhookState.UNMATCHED, carrier_order_id=record.order_id
        ).update(state=WebhookState.APPLIED, order=order, applied_at=Now(), problem="")
        if early:
            jobs.enqueue("read_order", subject_id=order.pk, learned_by=LearnedBy.WEBHOOK)
    return True


def run_settle(job: Job) -> None:
    """Handler: look for an order whose submission got no clear answer."""
    attempt = SubmitAttempt.objects.select_related("order__sip_peer").get(pk=job.subject)
    if attempt.state != AttemptState.UNKNOWN:
        return
    try:
        with working_on(attempt.order_id):
            found = _look(attempt)
    except (CarrierError, CarrierNotConfigured) as error:
        # Not a look: a 404, an error inside a 200 or an empty body only mean "could not look".
        message = f"Could not look for the order at the carrier. {in_words(error)}"
        ImportOrder.objects.filter(pk=attempt.order_id).update(trouble=message[:1000])
        if isinstance(error, Throttled):
            raise TryLater(message, at=error.retry_at, counts=False) from error
        after = 600 if isinstance(error, CredentialsRefused) else 60
        raise TryLater(message, after=after, counts=False) from error
    if not found and (wait := _left_of_wait(attempt)) > 0:
        # A notice had us look sooner. Only a look after the full wait counts as "not there".
        raise TryLater("Not there yet.", after=wait, counts=False)
    _keep_look(
        attempt,
        {
            "at": timezone.now().isoformat(),
            "by": f"reference and up to {LOOKED_UP_NUMBERS} numbers",
            "found": sorted(record.order_id for record in found),
        },
    )
    if len(found) == 1:
        accept(attempt, found[0], learned_by=LearnedBy.LOOKUP)
        return
    if len(found) > 1:
        _park_attempt(
            attempt,
            f"The carrier has {len(found)} orders under our reference "
            f"{attempt.customer_order_id}. A person must decide which one counts.",
        )
        return
    if len(attempt.looks) < 2:
        ImportOrder.objects.filter(pk=attempt.order_id).update(trouble="")
        note(
            attempt.order,
            "Looked for the order at the carrier: not there yet. The portal looks once more.",
            learned_by=LearnedBy.LOOKUP,
        )
        raise TryLater(
            "Not there yet; looking once more.",
            after=settings.LOOK_AGAIN_SECONDS,
            counts=False,
        )
    _park_attempt(
        attempt,
        "Two looks with a wait between did not find the order at the carrier. A person must "
        "decide: it is not there, or it is there under an id.",
    )


def _left_of_wait(attempt: SubmitAttempt) -> float:
    """Return the seconds until a look that finds nothing may count."""
    if attempt.looks:
        since = datetime.fromisoformat(str(attempt.looks[-1]["at"]))
        wait = settings.LOOK_AGAIN_SECONDS
    else:
        since, wait = attempt.sent_at or attempt.created_at, settings.LOOK_FIRST_SECONDS
    return float(wait) - (timezone.now() - since).total_seconds()


def _look(attempt: SubmitAttempt) -> list[ImportOrderRecord]:
    carrier = get_carrier()
    ids = {
        row.order_id
        for row in carrier_orders.find(carrier, customer_order_id=attempt.customer_order_id).rows
    }
    found = [carrier_orders.get(carrier, order_id=order_id) for order_id in ids]
    found = [record for record in found if _is_ours(record, attempt)]
    if found:
        return found
    # The reference may not be searchable yet: look by number, and open what is new there.
    known = set(
        ImportOrder.objects.exclude(carrier_order_id=None)
        .values_list("carrier_order_id", flat=True)
        .filter(numbers__e164__in=attempt.order.numbers.values("e164"))
    )
    for e164 in attempt.order.numbers.values_list("e164", flat=True)[:LOOKED_UP_NUMBERS]:
        for row in carrier_orders.find(carrier, telephone_number=e164).rows:
            if row.order_id in ids or row.order_id in known:
                continue
            ids.add(row.order_id)
            record = carrier_orders.get(carrier, order_id=row.order_id)
            if _is_ours(record, attempt):
                found.append(record)
        if found:
            break
    return found


def _is_ours(record: ImportOrderRecord, attempt: SubmitAttempt) -> bool:
    """The same number may stand in another order: only our own reference makes it ours."""
    return record.customer_order_id == attempt.customer_order_id


def _keep_look(attempt: SubmitAttempt, look: Mapping[str, object]) -> None:
    attempt.looks = [*attempt.looks, look]
    SubmitAttempt.objects.filter(pk=attempt.pk).update(looks=attempt.looks)


def _park_attempt(attempt: SubmitAttempt, message: str) -> None:
    with transaction.atomic():
        parked = SubmitAttempt.objects.filter(pk=attempt.pk, state=AttemptState.UNKNOWN).update(
            state=AttemptState.PARKED, message=message
        )
        if parked:
            ImportOrder.objects.filter(pk=attempt.order_id).update(trouble=message)
            note(attempt.order, message, learned_by=LearnedBy.LOOKUP)


def parked_attempt(order: ImportOrder) -> SubmitAttempt | None:
    """Return the attempt that waits for a person's decision, if there is one."""
    return order.attempts.filter(state=AttemptState.PARKED).first()


def confirm_absent(order: ImportOrder, *, actor: User) -> None:
    """A person has made sure that the carrier does not have the order: it may be sent again."""
    with transaction.atomic():
        changed = SubmitAttempt.objects.filter(order=order, state=AttemptState.PARKED).update(
            state=AttemptState.WITHDRAWN, settled_at=Now(), actor=actor
        )
        if not changed or not move(
            order,
            ImportOrderStatus.CHECKED,
            reason=f"{actor} made sure that the carrier does not have this order.",
            learned_by=LearnedBy.PERSON,
            actor=actor,
            trouble="",
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
    carrier_order_id = carrier_order_id.strip().lower()
    if not _UUID.fullmatch(carrier_order_id):
        raise CannotDo("That is not an order id of the carrier (8-4-4-4-12 letters and digits).")
    if ImportOrder.objects.filter(carrier_order_id=carrier_order_id).exists():
        raise CannotDo("That carrier order belongs to another import order here.")
    with working_on(order.pk):
        record = carrier_orders.get(get_carrier(), order_id=carrier_order_id)
    if not _is_ours(record, attempt):
        raise CannotDo(
            f"That carrier order stands under the reference {record.customer_order_id or 'none'}, "
            f"not under ours ({attempt.customer_order_id})."
        )
    ours = set(order.numbers.values_list("e164", flat=True))
    if set(record.results()) != ours:
        raise CannotDo("That carrier order holds other numbers than this one.")
    if not accept(attempt, record, learned_by=LearnedBy.PERSON, actor=actor):
        raise CannotDo("Nothing waits for this decision any more; look at the order again.")
