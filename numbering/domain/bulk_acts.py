"""Every kind of bulk action that the worker can do."""

from numbering.domain import bulk
from numbering.domain.assigning import AssignAct
from numbering.domain.bulk import BulkAct
from numbering.domain.holding import HoldAct
from numbering.domain.locking import LockAct, UnlockAct
from numbering.domain.migration import PlatformCheckAct
from numbering.domain.number_reading import ReadAct
from numbering.domain.platform_import import PlatformImportAct
from numbering.domain.platform_release import PlatformReleaseAct
from numbering.enums import BulkKind
from numbering.models import Job

_ALL: tuple[BulkAct, ...] = (
    HoldAct(),
    LockAct(),
    UnlockAct(),
    AssignAct(),
    ReadAct(),
    PlatformImportAct(),
    PlatformCheckAct(),
    PlatformReleaseAct(),
)
ACTS: dict[BulkKind, BulkAct] = {act.kind: act for act in _ALL}


def run_bulk(job: Job) -> None:
    """Handler: go on with a bulk action for one turn."""
    bulk.run_bulk(ACTS, job)
