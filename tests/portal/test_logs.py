"""One event, one line, and no telephone number in full."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from portal.logs import logging_settings, masked


class Lines:
    """A logger set up as in production that writes to memory."""

    def __init__(self, *, as_json: bool) -> None:
        config = logging_settings(level="INFO", as_json=as_json)
        self._stream = io.StringIO()
        config["handlers"]["stderr"]["stream"] = self._stream
        logging.config.dictConfig(config)
        self.logger = logging.getLogger("tests.lines")

    def read(self) -> list[str]:
        """Return the lines written so far."""
        return self._stream.getvalue().splitlines()


@pytest.fixture(params=[True, False], ids=["json", "console"])
def lines(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """Log in both forms; put the root logger back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Lines(as_json=request.param)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+13032281234", "***1234"),
        ("3032281234 and 3032281235", "***1234 and ***1235"),
        ("<Telephone>3032281234</Telephone>", "<Telephone>***1234</Telephone>"),
        ("order 42 took 1500 ms", "order 42 took 1500 ms"),
        ("123456789", "123456789"),
    ],
)
def test_only_the_last_four_digits_of_a_telephone_number_stay(text: str, shown: str) -> None:
    """O06: also within words and markup."""
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Not Found: /link/Ab-c_9/", "Not Found: /link/***/"),
        ("Forbidden: /accounts/link/Ab-c_9/?next=/my/", "Forbidden: /accounts/link/***/?next=/my/"),
        (
            "at 'https://a.example/accounts/email/Ab-c_9'",
            "at 'https://a.example/accounts/email/***'",
        ),
        ("/accounts/password/reset/key/2-abc-def/", "/accounts/password/reset/key/***/"),
        ("/accounts/link/ and /accounts/link/sent/", "/accounts/link/ and /accounts/link/sent/"),
    ],
)
def test_keys_of_mailed_links_are_masked(text: str, shown: str) -> None:
    """A05: in the log; the other places are in tests/accounts/test_sign_in_link.py."""
    assert masked(text) == shown


def test_numbers_in_messages_and_arguments_are_masked(lines: Lines) -> None:
    lines.logger.info("number %s of %s", "+13032281234", ["3032285678"])
    (line,) = lines.read()
    assert ("***1234" in line, "***5678" in line, "303228" in line) == (True, True, False)


def test_numbers_in_tracebacks_are_masked_and_stay_in_the_line(lines: Lines) -> None:
    try:
        raise ValueError("3032281234 is odd")
    except ValueError:
        lines.logger.exception("failed")
    (line,) = lines.read()
    assert ("***1234 is odd" in line, "3032281234" in line) == (True, False)


@pytest.mark.parametrize(
    "hostile", ["a\r\nERROR forged", "a\x1b[2Jb", "a\u2028b", "a\x00b", "a\x85b", "a\x0bb"]
)
def test_a_hostile_text_stays_one_line(lines: Lines, hostile: str) -> None:
    """O06: one event, one line."""
    lines.logger.warning("name: %s", hostile)
    (line,) = lines.read()
    assert [char for char in line if not char.isprintable()] == []


def test_json_lines_can_be_read_back() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = Lines(as_json=True)
    lines.logger.warning("hello %s", "you")
    root.handlers[:] = handlers
    root.setLevel(level)
    event = json.loads(lines.read()[0])
    assert (event["event"], event["level"], event["logger"]) == (
        "hello you",
        "warning",
        "tests.lines",
    )
