"""LOAs: keep a version, say what it covers, and bring a copy to the carrier exactly once."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Max

from accounts.again import repeated
from accounts.models import User
from carrier import loas as carrier_loas
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, Outcome, Refused, Throttled
from numbering import clock
from numbering.carrier_link import (
    CarrierNotConfigured,
    get_carrier,
    in_words,
    working_on,
)
from numbering.domain import evidence, jobs, loa_scan
from numbering.domain.hold_off import wait_if_held
from numbering.domain.import_orders import CannotDo
from numbering.domain.jobs import TryLater
from numbering.domain.loa_content import DamagedLoa, StorageAway, read_content
from numbering.domain.timeline import note
from numbering.enums import EvidenceKind, LearnedBy, LoaScanState, LoaUploadState
from numbering.loa_file import inspect
from numbering.models import (
    ImportOrder,
    Job,
    Loa,
    LoaCoverage,
    LoaUpload,
    Subscriber,
)
from numbering.models.loa import random_name
from numbering.wording import counted


def receive_loa(
    *,
    order: ImportOrder,
    name: str,
    declared_type: str,
    content: bytes,
    signer: str,
    signed_on: date | None,
    actor: User | None,
) -> Loa:
    """Check and keep an LOA that staff add to an order; it becomes the subscriber's newest version.

    Raises RefusedLoaFile with advice in plain words, and CannotDo when it could not be stored;
    nothing is kept then.
    """
    fields = inspected(name=name, declared_type=declared_type, content=content)
    kept = fields.pop("content")
    loa = new_version(
        kept,
        subscriber=order.subscriber,
        signer=signer,
        signed_on=signed_on,
        uploaded_by=actor,
        **fields,
    )
    with stored(loa, kept):
        _receive(loa, order, name=name, actor=actor)
    return loa


@repeated
def _receive(loa: Loa, order: ImportOrder, *, name: str, actor: User | None) -> None:
    register(loa, order)
    note(
        order,
        f"LOA version {loa.version} received ({name}, {counted(loa.pages, 'page')}).",
        learned_by=LearnedBy.PERSON,
        actor=actor,
    )
    prove_receipt(loa, order, {"person": actor.pk if actor else None})


def inspected(*, name: str, declared_type: str, content: bytes) -> dict[str, Any]:
    """Check and scan an uploaded file; return what `keep_version` needs of it.

    Raises RefusedLoaFile. Takes its time, so it is not for the inside of a transaction.
    """
    facts = inspect(name=name, declared_type=declared_type, content=content)
    return {
        "content": facts.reading.kept,
        "original_name": name[-200:],
        "content_type": facts.content_type,
        "pages": facts.reading.pages,
        "machine_text": facts.reading.text,
        "received_sha256": hashlib.sha256(content).hexdigest(),
        "scan_state": loa_scan.verdict(facts.reading.kept),
    }


def prove_receipt(loa: Loa, order: ImportOrder, who: dict[str, Any]) -> None:
    """Add to the evidence that an uploaded letter is here, and for which numbers."""
    evidence.add(
        EvidenceKind.RECEIVED,
        subscriber=loa.subscriber,
        order=order,
        loa=loa,
        data={
            "sha256": loa.sha256,
            "received_sha256": loa.received_sha256,
            "pages": loa.pages,
            "signer": loa.signer,
            "signed_on": loa.signed_on.isoformat() if loa.signed_on else None,
            "numbers": sorted(order.numbers.values_list("e164", flat=True)),
            **who,
        },
    )


def keep_version(
    *, subscriber: Subscriber, order: ImportOrder | None, content: bytes, **fields: Any
) -> Loa:
    """Store a checked file as the subscriber's newest version, covering the order's numbers.

    `fields` are columns of `Loa`. Raises CannotDo when it could not be stored; nothing is kept
    then, neither a row nor a file.
    """
    loa = new_version(content, subscriber=subscriber, **fields)
    with stored(loa, content):
        register(loa, order)
    return loa


def new_version(content: bytes, **fields: Any) -> Loa:
    """Return a row, not saved, for this content; `fields` are columns of `Loa`."""
    return Loa(size=len(content), sha256=hashlib.sha256(content).hexdigest(), **fields)


@contextmanager
def stored(loa: Loa, content: bytes) -> Iterator[None]:
    """Store the file; it is gone again when what is done in here fails."""
    # The name is set first: a disk that is full leaves half a file behind, to be deleted.
    loa.file.name = random_name(loa, loa.original_name)
    try:
        loa.file.storage.save(loa.file.name, ContentFile(content))
        yield
    except OSError as error:
        _forget_file(loa)
        raise CannotDo(
            "The file could not be stored, so nothing was kept. Try again later, and tell "
            "your administrator."
        ) from error
    except BaseException:
        _forget_file(loa)
        raise


def _forget_file(loa: Loa) -> None:
    # A storage that could not take the file may not answer now either.
    with suppress(OSError):
        loa.file.storage.delete(str(loa.file.name))


@repeated
def register(loa: Loa, order: ImportOrder | None) -> None:
    """Write a stored file's row as its subscriber's newest version, and what it covers."""
    # The order before the subscriber, as wherever both are locked.
    if order is not None:
        ImportOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    # The lock on the subscriber makes version numbers run without gaps or doubles.
    versions = Subscriber.objects.select_for_update().get(pk=loa.subscriber_id).loas
    loa.pk = None  # a try before this one was undone
    loa.version = (versions.aggregate(newest=Max("version"))["newest"] or 0) + 1
    if order is not None:
        loa.replaces = _replaceable(order)
    loa.save(force_insert=True)
    loa_scan.follow_up(loa, order)
    if order is not None:
        cover(loa, order)


def hand_in(loa: Loa, order: ImportOrder) -> None:
    """Have a letter that a customer has looked at count for the order, in its transaction."""
    Subscriber.objects.select_for_update(no_key=True).get(pk=loa.subscriber_id)
    loa.is_handed_in = True
    loa.replaces = _replaceable(order)
    loa.save(update_fields=["is_handed_in", "replaces"])
    cover(loa, order)


def _replaceable(order: ImportOrder) -> Loa | None:
    covering = Loa.objects.filter(subscriber=order.subscriber_id, replaced_by=None)
    return covering.filter(coverage__order=order).order_by("-version").first()


def cover(loa: Loa, order: ImportOrder) -> int:
    """Say that the LOA covers every number of the order; return how many."""
    e164s = list(order.numbers.values_list("e164", flat=True))
    LoaCoverage.objects.bulk_create(
        [LoaCoverage(loa=loa, order=order, e164=e164) for e164 in e164s],
        ignore_conflicts=True,
        batch_size=2000,
    )
    return len(e164s)


def current_loa(order: ImportOrder) -> Loa | None:
    """Return the newest LOA that covers the order."""
    return Loa.objects.filter(coverage__order=order).order_by("-version").first()


@repeated
def send_to_carrier(order: ImportOrder, *, actor: User | None) -> Loa:
    """Ask for the newest LOA to be brought to the carrier's order.

    Before the carrier has the order, it is brought along as soon as it does.
    """
    loa = current_loa(order)
    if loa is None:
        raise CannotDo("There is no LOA to upload. Add the signed LOA first.")
    upload, created = LoaUpload.objects.get_or_create(loa=loa, order=order)
    if not created and upload.state == LoaUploadState.UPLOADED:
        raise CannotDo("The carrier has this LOA already.")
    if upload.state in (LoaUploadState.REFUSED, LoaUploadState.REMOVED):
        upload.state = LoaUploadState.WAITING
        upload.sent_at = None
        upload.save()
    if order.carrier_order_id:
        jobs.enqueue("upload_loa", subject_id=upload.pk)
        text = f"LOA version {loa.version} is being uploaded to the carrier."
    else:
        text = f"LOA version {loa.version} goes to the carrier once it has the order."
    note(order, text, learned_by=LearnedBy.PERSON, actor=actor)
    return loa


def run_upload(job: Job) -> None:
    """Handler: upload one LOA. After a lost answer the carrier's file list decides."""
    upload = LoaUpload.objects.select_related("loa", "order").get(pk=job.subject)
    order_id = upload.order.carrier_order_id
    if upload.state != LoaUploadState.WAITING or not order_id:
        return
    if upload.loa.scan_state == LoaScanState.WAITING:
        raise TryLater("The file was not checked for viruses yet.", after=60, counts=False)
    try:
        content = read_content(upload.loa)
    except DamagedLoa as error:
        _settle(upload, LoaUploadState.REFUSED, str(error))
        return
    except StorageAway as error:
        raise TryLater(str(error), after=60) from error
    wait_if_held()
    try:
        carrier = get_carrier()
    except CarrierNotConfigured as error:
        raise TryLater(in_words(error), after=60) from error
    with working_on(upload.order_id):
        if upload.sent_at is not None:
            try:
                file_id = _already_there(carrier, upload, order_id, content)
            except CarrierError as error:
                # Could not look, so nothing is known and nothing is sent.
                raise _later(error) from error
            if file_id:
                _settle(upload, LoaUploadState.UPLOADED, "", file_id=file_id)
                return
        if not jobs.renew(job):
            # Nothing was sent; the job must not count as done.
            raise TryLater("The lease ended before the upload.", after=0, counts=False)
        _upload(carrier, upload, order_id, content)


def _upload(carrier: Carrier, upload: LoaUpload, order_id: str, content: bytes) -> None:
    LoaUpload.objects.filter(pk=upload.pk).update(sent_at=clock.now())
    try:
        file = carrier_loas.upload(
            carrier, order_id=order_id, content=content, content_type=upload.loa.content_type
        )
    except CarrierError as error:
        if error.outcome is not Outcome.UNKNOWN:
            LoaUpload.objects.filter(pk=upload.pk).update(sent_at=None)
        if not isinstance(error, Refused) or isinstance(error, CredentialsRefused):
            raise _later(error) from error
        _settle(upload, LoaUploadState.REFUSED, in_words(error))
    else:
        _settle(upload, LoaUploadState.UPLOADED, "", file_id=file.file_id)


def _later(error: CarrierError) -> TryLater:
    if isinstance(error, Throttled):
        return TryLater(in_words(error), at=error.retry_at, counts=False)
    if isinstance(error, CredentialsRefused):
        return TryLater(in_words(error), after=600, counts=False)
    return TryLater(in_words(error))


def _already_there(carrier: Carrier, upload: LoaUpload, order_id: str, content: bytes) -> str:
    """Return the id of the carrier's file that is byte for byte ours and new to us, or ''."""
    known = set(LoaUpload.objects.filter(order=upload.order).values_list("file_id", flat=True))
    for file in carrier_loas.list_files(carrier, order_id=order_id):
        if file.file_id in known:
            continue
        there = carrier_loas.download(carrier, order_id=order_id, file_id=file.file_id)
        if there.content == content:
            return file.file_id
    return ""


@repeated
def _settle(upload: LoaUpload, state: LoaUploadState, trouble: str, *, file_id: str = "") -> None:
    changed = LoaUpload.objects.filter(pk=upload.pk, state=LoaUploadState.WAITING).update(
        state=state, trouble=trouble[:500], file_id=file_id, settled_at=clock.database_now()
    )
    if not changed:
        return
    note(
        upload.order,
        f"LOA version {upload.loa.version} is at the carrier ({file_id})."
        if state == LoaUploadState.UPLOADED
        else f"LOA version {upload.loa.version} was not taken: {trouble}",
        learned_by=LearnedBy.ANSWER,
    )
