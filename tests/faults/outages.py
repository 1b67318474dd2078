"""What the portal needs goes away and comes back: database, carrier, disk, mail server."""

import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from numbering.domain import mails, submission
from numbering.enums import (
    AttemptState,
    ImportOrderStatus,
    LoaUploadState,
    MailState,
    OrderNumberStatus,
)
from numbering.models import ImportOrder, Loa, Mail, SubmitAttempt, WebhookEvent
from tests import builders
from tests.benchmarks.notices import notice
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.knocks import Knock, knock
from tests.faults.processes import Process, Workers, gunicorn
from tests.faults.report import Report
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import checked_orders
from tests.faults.visitor import Visitor
from tests.numbering.mail_server import MailServer

ORDERS = 10
_HOUR = 3600
# The clock is set ahead in steps, and the worker gets time to see each of them.
_CLOCK_STEP, _STEP_SECONDS = 300, 0.8
_KNOCKS_A_SECOND = 5
_DRAIN_SECONDS = 60
