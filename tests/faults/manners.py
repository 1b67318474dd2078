"""How badly the carrier behaves: every fault that the sandbox knows, and lost webhooks."""

from collections.abc import Iterable
from dataclasses import dataclass

from carrier.sandbox.faults import AFTERWARDS, INSTEAD, WITHIN
from tests.faults.at_carrier import CarrierHome

# Of all answers about orders, and of the answers with a token.
FAULTY = 0.2
FAULTY_TOKENS = 0.05
# Of the older platform's answers: those that leave open what was done, and those by which it holds
# up every number. Each of these has the whole of an import wait, so that they are few.
UNCLEAR = 0.12
HELD_UP = 0.005
# Of the webhooks, each.
LOST, DOUBLED, OVERTAKEN = 0.1, 0.1, 0.1
_TOKEN_FAULTS = ("not_created_503", "dropped_before")
_HOLDS_UP = frozenset({"throttled", "unauthorized", "forbidden", "dropped_before"})


@dataclass(frozen=True)
class Lateness:
    """The latest birth of what was sent, and the longest that it is missing from lists; seconds."""

    born: float
    listed: float

    @property
    def both(self) -> float:
        """How long after a call something may still come up."""
        return self.born + self.listed


USUAL = Lateness(born=2.0, listed=5.0)


def misbehave(
    carrier: CarrierHome, about: Iterable[str] = ("importTnOrders",), late: Lateness = USUAL
) -> None:
    """Have every kind of fault from now on, all equally often, and webhooks that go astray.

    `about` are parts of the paths that are spoiled.
    """
    for path in about:
        for method, names in (
            ("POST", sorted(INSTEAD | AFTERWARDS | WITHIN)),
            ("GET", sorted(INSTEAD | AFTERWARDS)),
        ):
            _have(carrier, names, method, path, FAULTY, late)
    _have(carrier, _TOKEN_FAULTS, "POST", "oauth2/token", FAULTY_TOKENS, late)
    habits = {"lose": LOST, "double": DOUBLED, "reorder": OVERTAKEN}
    carrier.tell("settings", {"webhooks": habits})


def misbehave_of_old(carrier: CarrierHome, late: Lateness) -> None:
    """Have every kind of fault of the older platform as well."""
    path = "/phoneNumbers"
    for method, names in (
        ("POST", (INSTEAD | AFTERWARDS | WITHIN) - {"two_orders"}),
        ("GET", INSTEAD | AFTERWARDS),
        ("DELETE", INSTEAD | AFTERWARDS),
    ):
        _have(carrier, sorted(names & _HOLDS_UP), method, path, HELD_UP, late)
        _have(carrier, sorted(names - _HOLDS_UP), method, path, UNCLEAR, late)


def behave(carrier: CarrierHome) -> None:
    """Answer as one should."""
    carrier.tell("faults", None)
    carrier.tell("settings", {"webhooks": {"lose": 0, "double": 0, "reorder": 0}})


def _have(
    carrier: CarrierHome,
    names: Iterable[str],
    method: str,
    path: str,
    together: float,
    late: Lateness,
) -> None:
    """Have the faults, each equally often, so that one of them hits with this chance."""
    parameters: dict[str, dict[str, object]] = {
        "created_late": {"seconds": late.born},
        "listed_late": {"seconds": late.listed},
        "created_slow": {"seconds": 2},
        "created_swollen": {"bytes": 20 * 1024 * 1024},
        "throttled": {"reset": 2},
    }
    names = list(names)
    # Asked in turn, so each must hit a little less often than its share.
    rate = float(1 - (1 - together) ** (1 / len(names)))
    for name in names:
        wish = {"fault": name, "method": method, "path_contains": path, "times": None, "rate": rate}
        carrier.tell("faults", wish | parameters.get(name, {}))
