"""LOAs: keep a version, say what it covers, and bring a copy to the carrier exactly once."""

import hashlib
from datetime import date

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max

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
from numbering.domain import jobs
from numbering.domain.hold_off import wait_if_held
from numbering.domain.import_orders import CannotDo
from numbering.domain.jobs import TryLater
from numbering.domain.timeline import note
from numbering.enums import LearnedBy, LoaUploadState
from numbering.loa_file import inspect
from numbering.models import (
    ImportOrder,
    Job,
    Loa,
    LoaCoverage,
    LoaOpening,
    LoaUpload,
    Subscriber,
)
from numbering.models.loa import random_name
from numbering.wording import counted


class DamagedLoa(Exception):
    """The stored file is missing or is no longer the one that was received."""


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
    """Check and keep an LOA for an order; it becomes the subscriber's newest version.

    Raises RefusedLoaFile with advice in plain words, and CannotDo when it could not be stored;
    nothing is kept then.
    """
    facts = inspect(name=name, declared_type=declared_type, content=content)
    with transaction.atomic():
        # The lock on the subscriber makes version numbers run without gaps or doubles.
        subscriber = Subscriber.objects.select_for_update().get(pk=order.subscriber_id)
        newest = subscriber.loas.aggregate(newest=Max("version"))["newest"] or 0
        loa = Loa(
            subscriber=subscriber,
            version=newest + 1,
            replaces=Loa.objects.filter(
                subscriber=subscriber, coverage__order=order, replaced_by=None
            )
            .order_by("-version")
            .first(),
            original_name=name[-200:],
            content_type=facts.content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            pages=facts.pages,
            signer=signer,
            signed_on=signed_on,
            uploaded_by=actor,
        )
        # The name is set first: a disk that is full leaves half a file behind, to be deleted.
        loa.file.name = random_name(loa, name)
        try:
            loa.file.storage.save(loa.file.name, ContentFile(content))
            with transaction.atomic():
                loa.save()
                cover(loa, order)
        except OSError as error:
            loa.file.storage.delete(loa.file.name)
            raise CannotDo(
                "The file could not be stored, so nothing was kept. Try again later, and tell "
                "your administrator."
            ) from error
        except BaseException:
            loa.file.storage.delete(loa.file.name)
            raise
        note(
            order,
            f"LOA version {loa.version} received ({name}, {counted(facts.pages, 'page')}).",
            learned_by=LearnedBy.PERSON,
            actor=actor,
        )
    return loa


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


def read_content(loa: Loa) -> bytes:
    """Return the stored file. Raises DamagedLoa unless it is byte for byte what was received."""
    try:
        with loa.file.open("rb") as stored:
            content = bytes(stored.read())
    except OSError as error:
        raise DamagedLoa("The stored file cannot be read. Tell your administrator.") from error
    if hashlib.sha256(content).hexdigest() != loa.sha256:
        raise DamagedLoa(
            "The stored file is not the one that was received. It is not given out; tell your "
            "administrator."
        )
    return content


def open_for(loa: Loa, person: User) -> bytes:
    """Return the file for a person to look at, and record that they opened it."""
    content = read_content(loa)
    LoaOpening.objects.create(loa=loa, person=person)
    return content


def send_to_carrier(order: ImportOrder, *, actor: User | None) -> Loa:
    """Ask for the newest LOA to be brought to the carrier's order.

    Before the carrier has the order, it is brought along as soon as it does.
    """
    loa = current_loa(order)
    if loa is None:
        raise CannotDo("There is no LOA to upload. Add the signed LOA first.")
    with transaction.atomic():
        upload, created = LoaUpload.objects.get_or_create(loa=loa, order=order)
        if not created and upload.state == LoaUploadState.UPLOADED:
            raise CannotDo("The carrier has this LOA already.")
        if upload.state == LoaUploadState.REFUSED:
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
    try:
        content = read_content(upload.loa)
    except DamagedLoa as error:
        _settle(upload, LoaUploadState.REFUSED, str(error))
        return
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


def _settle(upload: LoaUpload, state: LoaUploadState, trouble: str, *, file_id: str = "") -> None:
    with transaction.atomic():
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
