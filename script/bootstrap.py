"""What every script needs before it can start: Python, a virtual environment, keys.

Standard library only: nothing else is there on a fresh machine.
"""

import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def say(text: str) -> None:
    """Tell the person what is being done."""
    print(f"→ {text}", flush=True)


def stop(text: str) -> None:
    """End with a message in words."""
    sys.exit(f"✗ {text}")


def require_python() -> None:
    """End with a hint when this Python is too old."""
    if sys.version_info < (3, 11):
        stop(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")


def ensure_packages(requirements: str) -> None:
    """Make the virtual environment and install the locked packages, if that is not done yet."""
    require_python()
    file = ROOT / requirements
    stamp = VENV / f".installed-{requirements}"
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        say("Making a virtual environment in .venv")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
        if made.returncode:
            stop(
                "The virtual environment could not be made. On Debian and Ubuntu install "
                "python3-venv and try again."
            )
    say(f"Installing the packages of {requirements} (a minute or two, the first time)")
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*command, "--require-hashes", "-r", str(file)], check=False, cwd=ROOT
    )
    if installed.returncode:
        stop("The packages could not be installed. Is the package index reachable?")
    stamp.write_text(wanted)


def ensure_keys() -> None:
    """Write `.env` with fresh keys, if there is none. It is for this machine only."""
    file = ROOT / ".env"
    if file.exists():
        return
    say("Writing fresh keys to .env")
    text = "\n".join(
        [
            "# Made by script/setup; docs/operators.md lists every setting.",
            f"SECRET_KEY={secrets.token_urlsafe(50)}",
            "WEBHOOK_USERNAME=bandwidth",
            f"WEBHOOK_PASSWORDS={secrets.token_urlsafe(24)}",
            "",
        ]
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)


def manage(*arguments: str, env: dict[str, str] | None = None, quiet: bool = True) -> None:
    """Run a management command; end with its own words when it fails."""
    done = subprocess.run(
        [str(PYTHON), "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=quiet,
        text=True,
        check=False,
    )
    if done.returncode:
        stop(f"manage.py {arguments[0]} failed:\n{(done.stderr or '') + (done.stdout or '')}")
