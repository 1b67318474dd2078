"""Run the parts and print what they did: `python -m tests.faults [--short] [--only PART]`."""

import argparse
import importlib
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from carrier.sandbox import SandboxOptions
from tests.faults.ahead import Ahead
from tests.faults.at_carrier import CarrierHome
from tests.faults.bench import Bench
from tests.faults.database import NoServer, forget_everything, own_database, server_url
from tests.faults.processes import free_port
from tests.faults.report import Report
from tests.faults.size import FULL, SHORT

# Modules of this package, each with a `report(bench)`; `--twin` is another way to run the first.
PARTS = ("kills", "lost-day", "flood", "outages")


def main() -> None:
    """Do what was asked for; exit status 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="less than two minutes in all")
    parser.add_argument("--seed", type=int, help="the dice of an earlier run")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument(
        "--twin", action="store_true", help="workers that send again; the verdict must say so"
    )
    options = parser.parse_args()
