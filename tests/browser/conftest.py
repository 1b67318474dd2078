"""A real demonstration and a real browser: `script/demo` as its own processes, and Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
# The pop-ups of the address bar are pages of their own that each new window makes ready; no test
# opens them, and they took more of the processor than the portal's pages. Chromium obeys only the
# last list of this name, so Playwright's own stands here once more, what is for Linux of it.
_TURNED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)


@dataclass(frozen=True)
class Demo:
    """Where the running demonstration is."""

    url: str
    sandbox_url: str
    process_id: int


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Use the system's Chromium: nothing is downloaded."""
    if CHROMIUM is None:
        reason = "no Chromium is installed (Debian's package is called chromium)"
        # Where every change is tested, a browser test that did not run is a failure.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return {
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--disable-features={','.join(_TURNED_OFF)}",
        ],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def demo_database() -> Iterator[str]:
    """On PostgreSQL, a database of its own; otherwise the demonstration's own SQLite file."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield ""
        return
    name = f"demo_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def demo(
    tmp_path_factory: pytest.TempPathFactory,
    demo_database: str,
    browser_type_launch_args: dict[str, Any],
) -> Iterator[Demo]:
    """Run `script/demo` as a person would, until the tests are over."""
    data = tmp_path_factory.mktemp("demo")
    port, sandbox_port = _free_port(), _free_port()
    # Only what a person's own shell has: none of the settings of the tests.
    kept = ("PATH", "HOME", "LANG", "PIP_FIND_LINKS", "PIP_CERT", "PIP_CONFIG_FILE")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env |= {
        "READ_SOON_SECONDS": "5",
        "SWEEP_FIRST_SECONDS": "12",
        "LOOK_FIRST_SECONDS": "2",
        "LOOK_AGAIN_SECONDS": "2",
        # What a killed worker held is another one's after twice the time for a call.
        "JOB_LEASE_SECONDS": "8",
        "CARRIER_CALL_SECONDS": "4",
    }
    if demo_database:
        env["DATABASE_URL"] = demo_database
    said = (data / "said.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "script/demo", f"--port={port}", f"--sandbox-port={sandbox_port}"]
        + [f"--data={data}", "--processing-seconds=9"],
        cwd=ROOT,
        env=env,
        stdout=said,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_said(process, data / "said.log", "Ctrl-C stops everything")
        yield Demo(f"http://localhost:{port}", f"http://127.0.0.1:{sandbox_port}", process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        said.close()
    assert code == 0, (data / "said.log").read_text()


def _wait_until_said(process: subprocess.Popen[bytes], log: Path, words: str) -> None:
    for _ in range(2400):
        if words in log.read_text():
            return
        if process.poll() is not None:
            break
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"script/demo did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def support_signed_in(demo: Demo, browser: Browser) -> StorageState:
    """What a browser remembers after support signed in; a password is slow to check by design."""
    context = browser.new_context(base_url=demo.url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    sign_in(page, "support@example.com", "demo-password-support")
    remembered = context.storage_state()
    context.close()
    return remembered


@pytest.fixture
def staff_page(demo: Demo, browser: Browser, support_signed_in: StorageState) -> Iterator[Page]:
    """A desktop page on which support is signed in; what the console complains of fails it."""
    context = browser.new_context(
        base_url=demo.url,
        viewport={"width": 1366, "height": 900},
        storage_state=support_signed_in,
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in with e-mail address and password."""
    page.goto("/admin/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Waiting for a person")).to_be_visible()


def picture(page: Page, name: str) -> None:
    """Keep a screenshot for people to look at, when SCREENSHOTS names a folder."""
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)
