"""JSON from outside: bounded, and nothing in it that a database refuses."""

import json
import re

from carrier.errors import UnreadableBody

# Python reads numbers of any length, slowly; nothing in a message needs more digits.
_LONGEST_NUMBER = 18
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(body: bytes) -> object:
    """The value in a body; what cannot be a number of ours (NaN, 400 digits) becomes None.

    Bytes that are no UTF-8 are read as the replacement character. Raises UnreadableBody.
    """
    try:
        value: object = json.loads(
            body.decode("utf-8-sig", "replace"),
            parse_constant=lambda _: None,
            parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST_NUMBER else None,
        )
    except RecursionError:
        raise UnreadableBody("the JSON is nested too deeply") from None
    except ValueError:
        raise UnreadableBody("the body is not JSON") from None
    return value


def members(value: object) -> dict[str, object]:
    """The members of an object; none of anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[object]:
    """The values of a list; a value alone counts as a list of one, nothing as an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def list_in(body: bytes) -> list[object]:
    """The values of a body that is a list. Raises UnreadableBody when it is none."""
    value = parse(body)
    if not isinstance(value, list):
        raise UnreadableBody("it is no list")
    return value


def text(holder: dict[str, object], name: str) -> str:
    """A member that is text, with NUL and lone surrogates replaced; "" for anything else."""
    value = holder.get(name)
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""
