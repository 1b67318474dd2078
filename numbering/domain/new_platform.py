"""The carrier of today, asked for rows of a bulk action: what its silence means for the rest."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager

from carrier import in_service
from carrier.client import Carrier
from carrier.errors import CarrierError, CredentialsRefused, Refused, Throttled
from numbering.carrier_link import (
    CarrierNotConfigured,
    collecting_exchanges,
    get_carrier,
    hold_off,
    in_words,
)
from numbering.domain.bulk import Lease, Outcomes, Pause
from numbering.domain.crew import Crew
from numbering.domain.sending import CREDENTIALS_WAIT_SECONDS

_SHORT_WAIT_SECONDS = 60
# Numbers asked for at once, as far as there are kept connections. The carrier names no limit; the
# sweep and what people click share the account with this.
_AT_ONCE = 16


@contextmanager
def asking(known: Callable[[], Outcomes]) -> Iterator[Carrier]:
    """Give the client; when the carrier cannot be asked, pause with what is known by then."""
    if (wait := hold_off()) is not None:
        raise Pause("The carrier refuses our credentials.", outcomes={}, after=wait)
    try:
        yield get_carrier()
    except Throttled as error:
        raise Pause("The carrier asks us to wait.", outcomes=known(), at=error.retry_at) from error
    except CredentialsRefused as error:
        raise Pause(in_words(error), outcomes=known(), after=CREDENTIALS_WAIT_SECONDS) from error
    except (CarrierError, CarrierNotConfigured) as error:
        raise Pause(
            f"The carrier cannot be asked. {in_words(error)}",
            outcomes=known(),
            after=_SHORT_WAIT_SECONDS,
        ) from error


def in_service_of(
    carrier: Carrier, e164s: Collection[str], lease: Lease
) -> Mapping[str, bool | CarrierError]:
    """Ask of each number by itself whether it is in service, many at once; return the answers.

    Each answer is one of this moment: a list of many pages shifts while it is read, and would not
    say of a number that it is not there. A number that the carrier refuses to be asked about has
    its Refused; another error ends the asking. What was not asked, since the turn was over or
    after such an error, is left out. Raises TryLater when another worker has taken over.
    """

    def ask(e164: str) -> bool | CarrierError:
        try:
            return in_service.is_in_service(carrier, telephone_number=e164)
        except ValueError:
            return False  # no number of the NANP; the check says so in the carrier's own words
        except CarrierError as error:
            return error

    crew = Crew(
        e164s,
        ask,
        at_once=min(_AT_ONCE, carrier.settings.pool_size),
        goes_on=lease.holds,
        is_end=lambda answer: isinstance(answer, CarrierError) and not is_about_one(answer),
    )
    answers: dict[str, bool | CarrierError] = {}
    with collecting_exchanges() as exchanges, closing(crew.parts()) as parts:
        for part in parts:
            exchanges.store()
            lease.renew()
            answers.update(part)
    return answers


def is_about_one(error: CarrierError) -> bool:
    """Whether the carrier said no to this one question, so that others can still be asked."""
    return isinstance(error, Refused) and not isinstance(error, CredentialsRefused)
