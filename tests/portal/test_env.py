"""Reading the environment: right, missing, misspelt."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.env import read_bool, read_choice, read_int, read_list, read_secret, read_text


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, True) for word in ("true", " YES ", "on", "1")),
        *((word, False) for word in ("false", "No", "off", "0")),
    ],
)
def test_a_boolean_is_one_of_eight_words(
    monkeypatch: pytest.MonkeyPatch, word: str, value: bool
) -> None:
    monkeypatch.setenv("X", word)
    assert read_bool("X", default=not value) is value


@pytest.mark.parametrize("default", [True, False])
def test_an_empty_boolean_is_the_default(monkeypatch: pytest.MonkeyPatch, default: bool) -> None:
    monkeypatch.setenv("X", " ")
    assert read_bool("X", default=default) is default


@pytest.mark.parametrize("word", ["ture", "2", "enabled", "y"])
def test_a_misspelt_boolean_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("X", word)
    with pytest.raises(ImproperlyConfigured, match=r"^X must be one of true, false"):
        read_bool("X", default=False)


def test_a_number_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " 17 ")
    assert (read_int("X", default=3), read_int("Y_UNSET", default=3)) == (17, 3)


@pytest.mark.parametrize("word", ["-1", "1.5", "ten", "\uff11\uff12", "0x10", "4"])
def test_an_odd_number_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("X", word)
    with pytest.raises(ImproperlyConfigured, match=r"^X must be a whole number of 5 or more\.$"):
        read_int("X", default=9, least=5)


@pytest.mark.parametrize("word", ["0", "65", "9" * 5000, "x"])
def test_a_number_beyond_its_span_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("X", "64")
    assert read_int("X", default=32, least=1, most=64) == 64
    monkeypatch.setenv("X", word)
    with pytest.raises(ImproperlyConfigured, match=r"^X must be a whole number from 1 to 64\.$"):
        read_int("X", default=32, least=1, most=64)


def test_text_choices_and_lists_lose_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a, b ,,c ")
    assert read_text("X") == "a, b ,,c"
    assert read_list("X") == ["a", "b", "c"]
    assert read_list("Y_UNSET", default=("d",)) == ["d"]
    with pytest.raises(ImproperlyConfigured, match=r"^X must be one of: a, b\.$"):
        read_choice("X", default="a", choices=("a", "b"))


def test_a_secret_comes_from_the_variable_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    file.chmod(0o640)
    monkeypatch.setenv("X", "from the variable")
    assert read_secret("X") == "from the variable"
    monkeypatch.delenv("X")
    monkeypatch.setenv("X_FILE", str(file))
    assert read_secret("X") == "from the file"


def test_a_secret_named_twice_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "a")
    monkeypatch.setenv("X_FILE", "/nowhere")
    with pytest.raises(ImproperlyConfigured, match=r"^Set X or X_FILE, not both\.$"):
        read_secret("X")


def test_a_secret_file_that_anybody_may_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """O08: a key file that is readable by all."""
    file = tmp_path / "secret"
    file.write_text("planted value")
    file.chmod(0o644)
    monkeypatch.setenv("X_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match="chmod 640") as caught:
        read_secret("X")
    assert "planted value" not in str(caught.value)


def test_a_secret_file_that_is_missing_or_not_text_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, content in (("missing", None), ("binary", b"\xff\xfe")):
        file = tmp_path / name
        if content is not None:
            file.write_bytes(content)
        monkeypatch.setenv("X_FILE", str(file))
        with pytest.raises(ImproperlyConfigured, match=r"^X_FILE could not be read"):
            read_secret("X")
