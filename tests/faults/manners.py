"""How badly the carrier behaves: every fault that the sandbox knows, and lost webhooks."""

from carrier.sandbox.faults import AFTERWARDS, INSTEAD, WITHIN
from tests.faults.at_carrier import CarrierHome

# Of all answers about import orders, and of the answers with a token.
FAULTY = 0.2
FAULTY_TOKENS = 0.05
# Of the webhooks, each.
LOST, DOUBLED, OVERTAKEN = 0.1, 0.1, 0.1
# The carrier's latest birth of an order, and the longest that one is missing from its lists.
LATE_SECONDS = 2.0
UNLISTED_SECONDS = 5.0
_PARAMETERS: dict[str, dict[str, object]] = {
    "created_late": {"seconds": LATE_SECONDS},
    "listed_late": {"seconds": UNLISTED_SECONDS},
    "created_slow": {"seconds": 2},
    "created_swollen": {"bytes": 20 * 1024 * 1024},
    "throttled": {"reset": 2},
}
_TOKEN_FAULTS = ("not_created_503", "dropped_before")


def misbehave(carrier: CarrierHome) -> None:
    """Have every kind of fault from now on, all equally often, and webhooks that go astray."""
    for method, names in (
        ("POST", sorted(INSTEAD | AFTERWARDS | WITHIN)),
        ("GET", sorted(INSTEAD | AFTERWARDS)),
    ):
        for name in names:
            carrier.tell(
                "faults", _fault(name, method, "importTnOrders", _each(FAULTY, len(names)))
            )
    for name in _TOKEN_FAULTS:
        rate = _each(FAULTY_TOKENS, len(_TOKEN_FAULTS))
        carrier.tell("faults", _fault(name, "POST", "oauth2/token", rate))
    habits = {"lose": LOST, "double": DOUBLED, "reorder": OVERTAKEN}
    carrier.tell("settings", {"webhooks": habits})


def behave(carrier: CarrierHome) -> None:
    """Answer as one should."""
    carrier.tell("faults", None)
    carrier.tell("settings", {"webhooks": {"lose": 0, "double": 0, "reorder": 0}})


def _fault(name: str, method: str, path: str, rate: float) -> dict[str, object]:
    wish = {"fault": name, "method": method, "path_contains": path, "times": None, "rate": rate}
    return wish | _PARAMETERS.get(name, {})


def _each(together: float, count: int) -> float:
    """The chance of each of `count` faults, asked in turn, of which one hits with `together`."""
    return float(1 - (1 - together) ** (1 / count))
