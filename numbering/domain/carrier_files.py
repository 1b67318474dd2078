"""What the carrier holds for an order beside what we hold: look, put ours in place, remove.

Each of these is one call that does the same when it is done twice. An answer that is lost is
looked up all the same: the carrier's own list says what became of it, and nothing is sent again.
"""

import hashlib
from dataclasses import dataclass

from accounts.again import repeated
from accounts.models import User
from carrier import loas as carrier_loas
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, NotFound, Outcome, Throttled
from carrier.identifiers import checked_file_id
from carrier.records import LoaFile
from numbering import clock
from numbering.carrier_link import get_carrier, in_words, working_on
from numbering.domain.cannot_do import CannotDo
from numbering.domain.loa import current_loa
from numbering.domain.loa_content import DamagedLoa, read_content
from numbering.domain.timeline import note
from numbering.enums import LearnedBy, LoaUploadState
from numbering.models import ImportOrder, Loa, LoaUpload

# The carrier may hold what others put there; more than this is listed but not compared.
_MOST_COMPARED = 20


@dataclass(frozen=True)
class CarrierFile:
    """A file that the carrier holds. `loa` is ours with the same content, byte for byte."""

    file: LoaFile
    loa: Loa | None
    # Why it could not be compared; empty when it was.
    trouble: str = ""


def look(order: ImportOrder) -> list[CarrierFile]:
    """Read the carrier's list, and each file on it, now.

    Raises CannotDo before the carrier has the order, and CarrierError when the list was not read.
    """
    order_id = _order_id(order)
    ours = {loa.sha256: loa for loa in Loa.objects.filter(coverage__order=order).order_by("pk")}
    with working_on(order.pk):
        carrier = get_carrier()
        files = carrier_loas.list_files(carrier, order_id=order_id)
        return [
            _compared(carrier, order_id, file, ours)
            if index < _MOST_COMPARED
            else CarrierFile(file, None, "Too many files; this one was not compared.")
            for index, file in enumerate(files)
        ]


def replace(order: ImportOrder, *, file_id: str, actor: User) -> str:
    """Put our newest LOA in the place of a file at the carrier; return what became of it.

    Raises CannotDo with words for staff when nothing was replaced, or nobody can say.
    """
    order_id = _order_id(order)
    file_id = _file_id(file_id)
    loa = current_loa(order)
    if loa is None:
        raise CannotDo("There is no LOA here that could take its place.")
    if LoaUpload.objects.filter(order=order, loa=loa, state=LoaUploadState.WAITING).exists():
        raise CannotDo("Our newest LOA is on its way to the carrier already. Look again then.")
    try:
        content = read_content(loa)
    except DamagedLoa as error:
        raise CannotDo(str(error)) from error
    carrier = get_carrier()
    _begin(order, f"Replacing the carrier's file {file_id} by LOA version {loa.version}.", actor)
    with working_on(order.pk):
        try:
            carrier_loas.replace(
                carrier,
                order_id=order_id,
                file_id=file_id,
                content=content,
                content_type=loa.content_type,
            )
        except CarrierError as error:
            if error.outcome is not Outcome.UNKNOWN:
                raise _not_done(order, "replaced", file_id, error, actor) from error
            if not _holds(carrier, order, order_id, file_id, content, actor):
                raise _said(
                    order,
                    f"The carrier's file {file_id} was not replaced: {in_words(error)}",
                    actor,
                ) from error
    return _replaced(order, loa, file_id, actor)


def remove(order: ImportOrder, *, file_id: str, actor: User) -> str:
    """Remove a file at the carrier; return what became of it. Ours stays.

    Raises CannotDo with words for staff when it was not removed, or nobody can say.
    """
    order_id = _order_id(order)
    file_id = _file_id(file_id)
    carrier = get_carrier()
    _begin(order, f"Removing the carrier's file {file_id}.", actor)
    with working_on(order.pk):
        try:
            carrier_loas.delete(carrier, order_id=order_id, file_id=file_id)
        except CarrierError as error:
            # A 404 may as well be about the order; the list decides, as after a lost answer.
            if error.outcome is not Outcome.UNKNOWN and not isinstance(error, NotFound):
                raise _not_done(order, "removed", file_id, error, actor) from error
            if _is_listed(carrier, order, order_id, file_id, actor):
                raise _said(
                    order,
                    f"The carrier's file {file_id} was not removed: {in_words(error)}",
                    actor,
                ) from error
    return _removed(order, file_id, actor)


def _order_id(order: ImportOrder) -> str:
    if not order.carrier_order_id:
        raise CannotDo("The carrier does not have this order yet, so it holds no files for it.")
    return order.carrier_order_id


def _file_id(file_id: str) -> str:
    try:
        return checked_file_id(file_id)
    except ValueError as error:
        raise CannotDo("That is not a file id of the carrier.") from error


def _compared(carrier: Carrier, order_id: str, file: LoaFile, ours: dict[str, Loa]) -> CarrierFile:
    try:
        there = carrier_loas.download(carrier, order_id=order_id, file_id=file.file_id)
    except (CredentialsRefused, Throttled):
        raise
    except CarrierError as error:
        return CarrierFile(file, None, f"It could not be compared. {in_words(error)}")
    return CarrierFile(file, ours.get(hashlib.sha256(there.content).hexdigest()))


def _holds(
    carrier: Carrier,
    order: ImportOrder,
    order_id: str,
    file_id: str,
    content: bytes,
    actor: User,
) -> bool:
    try:
        there = carrier_loas.download(carrier, order_id=order_id, file_id=file_id)
    except CarrierError as error:
        raise _not_known(order, file_id, error, actor) from error
    return there.content == content


def _is_listed(
    carrier: Carrier, order: ImportOrder, order_id: str, file_id: str, actor: User
) -> bool:
    try:
        files = carrier_loas.list_files(carrier, order_id=order_id)
    except CarrierError as error:
        raise _not_known(order, file_id, error, actor) from error
    return any(file.file_id == file_id for file in files)


def _not_known(order: ImportOrder, file_id: str, error: CarrierError, actor: User) -> CannotDo:
    return _said(
        order,
        f"It is not known what became of the carrier's file {file_id}, and it could not be looked "
        f"up. {in_words(error)} Nothing is sent again; look again in a moment.",
        actor,
    )


def _not_done(
    order: ImportOrder, done: str, file_id: str, error: CarrierError, actor: User
) -> CannotDo:
    words = f"The carrier's file {file_id} was not {done}; nothing changed. {in_words(error)}"
    return _said(order, words, actor)


def _said(order: ImportOrder, words: str, actor: User) -> CannotDo:
    repeated(note)(order, words, learned_by=LearnedBy.ANSWER, actor=actor)
    return CannotDo(words)


def _begin(order: ImportOrder, words: str, actor: User) -> None:
    """Say it before the call, so that one whose answer nobody lived to hear leaves a trace."""
    repeated(note)(order, words, learned_by=LearnedBy.PERSON, actor=actor)


@repeated
def _replaced(order: ImportOrder, loa: Loa, file_id: str, actor: User) -> str:
    _forget(order, file_id)
    LoaUpload.objects.update_or_create(
        loa=loa,
        order=order,
        defaults={
            "state": LoaUploadState.UPLOADED,
            "file_id": file_id,
            "sent_at": clock.now(),
            "settled_at": clock.now(),
            "trouble": "",
        },
    )
    words = f"The carrier's file {file_id} is LOA version {loa.version} now."
    note(order, words, learned_by=LearnedBy.ANSWER, actor=actor)
    return words


@repeated
def _removed(order: ImportOrder, file_id: str, actor: User) -> str:
    _forget(order, file_id)
    words = f"The carrier no longer holds the file {file_id}."
    note(order, words, learned_by=LearnedBy.ANSWER, actor=actor)
    return words


def _forget(order: ImportOrder, file_id: str) -> None:
    """The carrier holds none of our LOAs under this id any more."""
    LoaUpload.objects.filter(order=order, file_id=file_id).update(
        state=LoaUploadState.REMOVED, settled_at=clock.now()
    )
