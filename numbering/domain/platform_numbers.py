"""The numbers of the older platform, as it lists them itself."""

import re
from collections.abc import Sequence

from carrier import platform
from carrier.errors import CarrierError, Throttled
from carrier.platform_records import PlatformNumber as ListedNumber
from numbering import clock
from numbering.carrier_link import CarrierNotConfigured, in_words, storable
from numbering.domain import jobs
from numbering.domain.heartbeat import beat
from numbering.domain.inventory import is_number
from numbering.domain.jobs import TryLater
from numbering.enums import PlatformStage
from numbering.models import Job, PlatformNumber
from numbering.platform_link import get_platform

JOB = "list_platform"
_ID = re.compile(r"[A-Za-z0-9-]{1,60}")


def run_list(job: Job) -> None:
    """Handler: read the whole list of the older platform and take it over, page by page.

    Only a list that was read to its end says that a number is not there any more.
    """
    began = clock.now()
    try:
        for page in platform.list_numbers(get_platform()):
            if not jobs.renew(job):
                raise TryLater("Another worker has taken over.", counts=False)
            _take_over(page)
    except Throttled as error:
        raise TryLater(error.message, at=error.retry_at, counts=False) from error
    except (CarrierError, CarrierNotConfigured) as error:
        raise TryLater(f"The older platform could not be read. {in_words(error)}") from error
    rows = PlatformNumber.objects
    rows.filter(seen_at__lt=began, is_listed=True).update(is_listed=False)
    # Given up before this list was begun, and on it all the same: it is there again.
    rows.filter(
        stage=PlatformStage.RELEASED, is_listed=True, checked_at__lt=began, seen_at__gte=began
    ).update(stage=PlatformStage.FOUND, detail="It was released, and is on the old platform again.")
    beat(JOB)


def _take_over(page: Sequence[ListedNumber]) -> None:
    """Add what is new and bring the rest up to date, in one statement."""
    now = clock.now()
    rows = {
        number.e164: PlatformNumber(
            e164=number.e164,
            platform_id=number.platform_id,
            name=storable(number.name)[:200],
            application_id=storable(number.application_id)[:100],
            seen_at=now,
            is_listed=True,
        )
        for number in page
        # What is no number, or has no id, can be neither moved nor released.
        if not number.is_released and is_number(number.e164) and _ID.fullmatch(number.platform_id)
    }
    PlatformNumber.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["e164"],
        update_fields=["platform_id", "name", "application_id", "seen_at", "is_listed"],
    )
