"""The virus scan of LOA files: asked at receipt, asked again until there is an answer."""

import logging

from django.conf import settings

from accounts.again import repeated
from numbering import clamd
from numbering.domain import alerts, jobs
from numbering.domain.jobs import TryLater
from numbering.domain.loa_content import DamagedLoa, stored_content
from numbering.domain.timeline import note
from numbering.enums import LearnedBy, LoaScanState
from numbering.models import ImportOrder, Job, Loa

logger = logging.getLogger(__name__)

# clamd needs well below a second for ten megabytes; somebody waits for the page meanwhile.
_SECONDS = 10.0


def verdict(content: bytes) -> LoaScanState:
    """Ask the scanner, if there is one; a scanner that is away leaves the file *not checked yet*.

    Not for the inside of a transaction: the answer comes over the network.
    """
    if not settings.CLAMD_ADDRESS:
        return LoaScanState.NOT_ASKED
    try:
        return _asked(content)
    except clamd.ScannerAway as error:
        logger.warning("LOA not scanned", extra={"why": str(error)})
        return LoaScanState.WAITING


def follow_up(loa: Loa, order: ImportOrder | None) -> None:
    """See to what the verdict of a stored LOA asks for, in the transaction that stores it."""
    if loa.scan_state == LoaScanState.WAITING:
        jobs.enqueue("scan_loa", subject_id=loa.pk)
    elif loa.scan_state == LoaScanState.INFECTED:
        _call(loa)
        if order is not None:
            note(order, _found(loa), learned_by=LearnedBy.PORTAL)


def run_scan(job: Job) -> None:
    """Handler: scan one stored LOA that has no verdict yet."""
    loa = Loa.objects.get(pk=job.subject)
    if loa.scan_state != LoaScanState.WAITING or loa.purged_at is not None:
        return
    if not settings.CLAMD_ADDRESS:
        _settle(loa, LoaScanState.NOT_ASKED)  # the operator has taken the scanner away
        return
    try:
        state = _asked(stored_content(loa))
    except clamd.ScannerAway as error:
        raise TryLater(str(error)) from error
    except DamagedLoa:
        return  # the nightly check sees to it; a file that is not ours to give out needs no scan
    _settle(loa, state)


def _asked(content: bytes) -> LoaScanState:
    found = clamd.scan(settings.CLAMD_ADDRESS, content, seconds=_SECONDS)
    return LoaScanState.INFECTED if found else LoaScanState.CLEAN


@repeated
def _settle(loa: Loa, state: LoaScanState) -> None:
    waiting = Loa.objects.filter(pk=loa.pk, scan_state=LoaScanState.WAITING)
    if not waiting.update(scan_state=state):
        return
    if state == LoaScanState.INFECTED:
        _call(loa)
        for order in ImportOrder.objects.filter(loa_coverage__loa=loa).distinct():
            note(order, _found(loa), learned_by=LearnedBy.PORTAL)


def _found(loa: Loa) -> str:
    return (
        f"LOA version {loa.version} is in quarantine: the virus scanner found something in it. It "
        "does not count and is given to nobody."
    )


def _call(loa: Loa) -> None:
    alerts.infected_loa(str(loa), key=str(loa.pk))
