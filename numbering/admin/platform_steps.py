"""What the page of the old platform says above its list: the steps, and which comes next."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from numbering.admin.badges import tone_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import migration, platform_numbers
from numbering.domain.bulk import open_actions
from numbering.enums import BulkKind, JobState, PlatformStage
from numbering.models import Heartbeat, Job, PlatformNumber
from numbering.platform_link import dashboard_account, get_platform
from numbering.wording import counted

RIGHT = "numbers.move_platformnumber"
_KINDS = (BulkKind.PLATFORM_IMPORT, BulkKind.PLATFORM_CHECK, BulkKind.PLATFORM_RELEASE)
_LIST = "admin:numbers_platformnumber_changelist"


@dataclass(frozen=True)
class Step:
    """What to do next: a sentence, and the button that does it."""

    sentence: str
    label: str = ""
    address: str = ""


def context_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows above its list."""
    counts = migration.stage_counts()
    listed_at = Heartbeat.objects.filter(name=platform_numbers.JOB).values_list("at", flat=True)
    listing = Job.objects.filter(kind=platform_numbers.JOB, key__isnull=False).first()
    missing = ""
    try:
        get_platform()
        dashboard_account()
    except CarrierNotConfigured as error:
        missing = in_words(error)
    return {
        "missing": missing,
        "step": None if missing else _next(counts, is_listed=listed_at.exists(), listing=listing),
        "heaps": [
            {
                "label": stage.label,
                "count": count,
                "tone": tone_of(stage),
                "url": f"{reverse(_LIST)}?stage={stage}",
            }
            for stage, count in counts.items()
        ],
        "listed_at": listed_at.first(),
        "is_listing": listing is not None,
        "unlisted": PlatformNumber.objects.filter(is_listed=False)
        .exclude(stage=PlatformStage.RELEASED)
        .count(),
        "open_actions": list(open_actions(_KINDS)),
        "may_move": request.user.has_perm(RIGHT),
    }


def _next(counts: dict[PlatformStage, int], *, is_listed: bool, listing: Job | None) -> Step:
    if listing is not None:
        if listing.state == JobState.WAITING and listing.trouble:
            return Step(f"The list is read later, because of this: {listing.trouble}")
        return Step("A worker reads the list of the old platform. This page changes by itself.")
    if not is_listed:
        return Step(
            "Begin with the list of the numbers that are on the old platform.",
            "Read the list",
            reverse("admin:numbers_platformnumber_do", args=["list"]),
        )
    if asked := migration.to_check().count():
        return Step(
            f"The new platform is to be asked about {counted(asked, 'number')}.",
            "Ask the new platform",
            reverse("admin:numbers_platformnumber_do", args=["check"]),
        )
    if ready := counts[PlatformStage.READY]:
        return Step(
            f"{counted(ready, 'number')} can be imported: tick those of one subscriber in the "
            "list, then choose “Make import order drafts”.",
            "Show what can be imported",
            f"{reverse(_LIST)}?stage={PlatformStage.READY}",
        )
    if moved := counts[PlatformStage.MOVED]:
        return Step(
            f"{counted(moved, 'number')} moved to the new platform and can leave the old one.",
            "Release what has moved",
            reverse("admin:numbers_platformnumber_release"),
        )
    if moving := counts[PlatformStage.MOVING]:
        return Step(
            f"Finish the import orders of {counted(moving, 'number')}. When they are over, ask the "
            "new platform again."
        )
    if blocked := counts[PlatformStage.BLOCKED]:
        return Step(
            f"{counted(blocked, 'number')} cannot be imported; the list says why. Tick what is put "
            "right, and ask the new platform again."
        )
    return Step("Nothing is left to move off the old platform.")
