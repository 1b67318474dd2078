"""A portal with everything around it that can go away, and what is expected of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management import call_command

from numbering.domain import submission
from numbering.enums import AttemptState, ImportOrderStatus
from numbering.models import ImportOrder
from tests.benchmarks.notices import notice
from tests.faults.bench import WEBHOOK_PATH, Bench
from tests.faults.database import address_of, through_port
from tests.faults.knocks import Knock, knock
from tests.faults.processes import Process, Workers, gunicorn
from tests.faults.small_disk import Disk, FullFileSystem, LimitedFiles, small_file_system
from tests.faults.tcp_proxy import TcpProxy
from tests.faults.traffic import checked_orders
from tests.faults.visitor import Visitor
from tests.numbering.mail_server import MailServer

# While the clock is set ahead, the worker gets this long to see each step of it.
_STEP_SECONDS = 0.6
_PATIENCE_SECONDS = 60.0


@dataclass
class Scene:
    """The parts that run, what was seen, and a sentence for each promise that was broken."""

    bench: Bench
    env: dict[str, str]
    proxy: TcpProxy
    mail_server: MailServer
    portal: Process
    workers: Workers
    carrier: Process
    visitor: Visitor
    disk: Disk
    rows: list[tuple[str, object]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def expect(self, sentence: str, holds: bool) -> None:
        """Note whether something held that was promised."""
        self.rows.append((sentence, "yes" if holds else "NO"))
        if not holds:
            self.broken.append(f"Outages: not so: {sentence}.")

    def submitted(self, count: int) -> list[ImportOrder]:
        """Submit so many fresh orders."""
        orders = checked_orders(count, self.bench.dice, with_cards=False)
        for order in orders:
            submission.submit(order, actor=None)
        return orders

    def knock(self, count: int, *, rate: float) -> list[Knock]:
        """Have webhooks arrive about orders that nobody knows."""
        return knock(
            self.bench.portal_port,
            WEBHOOK_PATH,
            strangers(count),
            rate=rate,
            username=self.env["WEBHOOK_USERNAME"],
            password=self.env["WEBHOOK_PASSWORDS"],
        )

    def wait_for(self, condition: Callable[[], bool], *, hurry: float = 0.0) -> bool:
        """Wait until it holds, the clock set ahead by `hurry` seconds with each look."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                return False
            self.pass_time(hurry)
        return True

    def pass_time(self, seconds: float) -> None:
        """Set the clock ahead and let the worker see it."""
        self.bench.ahead.by(seconds)
        time.sleep(_STEP_SECONDS)
        self.workers.tend()

    def start_carrier(self) -> None:
        """Bring the carrier back with all that it had."""
        self.carrier = self.bench.carrier.start(
            env=self.env, processing_seconds=1, seed=self.bench.seed
        )


def strangers(count: int) -> list[bytes]:
    """Notices about orders that nobody knows, the same ones each time."""
    return [
        notice(order_id=f"00000000-0000-4000-8000-{index:012d}", customer_order_id="")
        for index in range(count)
    ]


def all_complete(orders: list[ImportOrder]) -> bool:
    """Whether the carrier has completed each of the orders, as far as we know."""
    mine = ImportOrder.objects.filter(pk__in=[order.pk for order in orders])
    return not mine.exclude(status=ImportOrderStatus.COMPLETE).exists()


def all_settled(orders: list[ImportOrder]) -> bool:
    """Whether each of the orders is complete, or waits for a person.

    A claim that was written down just before the database went looks as if it may have been sent.
    """
    mine = ImportOrder.objects.filter(pk__in=[order.pk for order in orders])
    open_ones = mine.exclude(status=ImportOrderStatus.COMPLETE)
    return not open_ones.exclude(attempts__state=AttemptState.PARKED).exists()


@contextmanager
def scene(bench: Bench) -> Iterator[Scene]:
    """Start everything; end everything."""
    # Without it no page can name its style sheet.
    call_command("collectstatic", interactive=False, verbosity=0)
    with ExitStack() as parts:
        proxy = parts.enter_context(TcpProxy(address_of(bench.database_url)))
        mail_server = parts.enter_context(MailServer())
        # All that the web server writes: LOAs, uploads on their way, its log.
        written = bench.folder / "written"
        written.mkdir()
        if bench.has_own_mounts:
            parts.enter_context(small_file_system(written))
        env = _settings(bench, proxy.port, mail_server.port, written)
        carrier = bench.carrier.start(env=env, processing_seconds=1, seed=bench.seed)
        try:
            portal = parts.enter_context(
                gunicorn(bench.portal_port, env=env, log=written / "portal.log")
            )
            portal.wait_for_port(bench.portal_port)
            bench.carrier.subscribe(
                f"http://127.0.0.1:{bench.portal_port}{WEBHOOK_PATH}",
                username=env["WEBHOOK_USERNAME"],
                password=env["WEBHOOK_PASSWORDS"],
            )
            workers = parts.enter_context(
                Workers(["manage.py", "worker"], count=1, env=env, log=bench.log("worker"))
            )
            visitor = Visitor(bench.portal_port)
            disk: Disk = (
                FullFileSystem(written) if bench.has_own_mounts else LimitedFiles(portal.pids)
            )
            now = Scene(bench, env, proxy, mail_server, portal, workers, carrier, visitor, disk)
            parts.callback(lambda: now.carrier.end())
            yield now
        except BaseException:
            carrier.end()
            raise


def _settings(bench: Bench, database_port: int, mail_port: int, written: Path) -> dict[str, str]:
    uploads = written / "uploads"
    uploads.mkdir()
    return {
        **bench.env,
        "LOA_DIR": str(written / "loa"),
        "TMPDIR": str(uploads),
        "DATABASE_URL": through_port(bench.database_url, database_port),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "ALERT_EMAILS": "operators@example.com",
        "JOB_LEASE_SECONDS": "5",
        "CARRIER_CALL_SECONDS": "2",
        "LOOK_FIRST_SECONDS": "4",
        "LOOK_AGAIN_SECONDS": "4",
        "READ_SOON_SECONDS": "1",
        "SWEEP_FIRST_SECONDS": "5",
        "SWEEP_CAP_SECONDS": "30",
    }
