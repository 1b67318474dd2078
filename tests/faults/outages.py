"""What the portal needs goes away and comes back: database, carrier, disk, mail server."""

import io
import random
from collections import Counter
from pathlib import Path

from django.db.models import QuerySet
from PIL import Image

from numbering.domain import loa, mails, submission
from numbering.enums import AttemptState, ImportOrderStatus, LoaUploadState, MailState
from numbering.models import ImportOrder, Loa, LoaUpload, Mail, SubmitAttempt, WebhookEvent
from tests.faults.bench import Bench
from tests.faults.report import Report
from tests.faults.scene import Scene, all_complete, all_settled, scene, strangers
from tests.faults.traffic import checked_orders
from tests.faults.visitor import Page

ORDERS = 10
MAILS = 5
_KNOCKS_A_SECOND = 5
_HOUR, _CLOCK_STEP = 3600, 600
# Seconds that the clock is set ahead with each look, where the portal only waits.
_HURRY = 10
_ADMIN = "/admin/"
# Sides of pictures whose files have some 50 KiB and 3 MiB; and room for a part of the smaller
# only, in bytes.
_SMALL, _LARGE = 128, 1000
_PART = 16 * 1024
_NOT_KEPT = "The file could not be stored, so nothing was kept."


def run(bench: Bench) -> Report:
    """Each outage in turn, on one portal that is never restarted."""
    with scene(bench) as now:
        _database_away(now)
        _carrier_away(now)
        _disk_full(now)
        _mail_server_refuses(now)
        now.expect("no worker ended by itself", now.workers.crashes == 0)
        return Report("Outages", tuple(now.rows), {"outages_ok": not now.broken}, tuple(now.broken))


def _database_away(now: Scene) -> None:
    """Cut the database off while orders are being sent and webhooks arrive."""
    under_way = now.submitted(ORDERS)
    now.wait_for(lambda: not _of(under_way).filter(carrier_order_id=None).exists())
    caught_sending = now.submitted(ORDERS)
    now.proxy.cut()
    seconds = now.bench.size.database_away
    knocks = now.knock(int(seconds * _KNOCKS_A_SECOND), rate=_KNOCKS_A_SECOND)
    page, ready = now.visitor.get(_ADMIN), now.visitor.get("/health/ready")
    now.proxy.mend()
    statuses = Counter(one.status for one in knocks)
    now.rows.append((f"webhooks in {seconds:.0f} s without a database", dict(statuses)))
    now.expect("each of them got 503, none a false 2xx", set(statuses) == {503})
    bodies = strangers(len(knocks))
    stored = WebhookEvent.objects.filter(body__in=bodies)
    now.expect("none of them was stored", not stored.exists())
    now.expect(
        "the page says in words that the database is away",
        page.status == 503
        and page.says("The portal cannot reach something that it needs just now"),
    )
    now.expect("the health page says so too", ready.status == 503)
    now.expect(
        "orders at the carrier end by themselves once the database is back",
        now.wait_for(lambda: all_complete(under_way), hurry=_HURRY),
    )
    now.expect(
        "orders caught while being sent end too, or ask a person",
        now.wait_for(lambda: all_settled(caught_sending), hurry=_HURRY),
    )
    again = now.knock(_KNOCKS_A_SECOND, rate=_KNOCKS_A_SECOND)
    now.expect(
        "webhooks are stored again",
        {one.status for one in again} == {200} and stored.count() == len(again),
    )


def _carrier_away(now: Scene) -> None:
    """Stop the carrier for an hour of the portal's clock."""
    now.carrier.end()
    orders = now.submitted(ORDERS)
    for _ in range(_HOUR // _CLOCK_STEP + 1):
        now.pass_time(_CLOCK_STEP)
    page = now.visitor.get(f"/admin/numbers/importorder/{orders[0].pk}/change/")
    knocks = now.knock(_KNOCKS_A_SECOND, rate=_KNOCKS_A_SECOND)
    now.expect(
        "after an hour without a carrier each order waits, and nothing was sent",
        _of(orders).filter(status=ImportOrderStatus.CHECKED).count() == ORDERS
        and SubmitAttempt.objects.filter(order__in=orders, state=AttemptState.PENDING).count()
        == ORDERS,
    )
    now.expect("the order's page says so in words", page.says("Nothing was sent;"))
    now.expect("the home page says so too", _home_says(now, "The carrier does not answer"))
    now.expect("webhooks are stored meanwhile", {one.status for one in knocks} == {200})
    now.start_carrier()
    now.expect(
        "all orders are sent and end by themselves once it is back",
        now.wait_for(lambda: all_complete(orders), hurry=60),
    )
    made = Counter(order.reference for order in now.bench.carrier.orders())
    now.expect("each of them is at the carrier once", set(made.values()) == {1})


def _disk_full(now: Scene) -> None:
    """No room for anything that the web server writes, then room for half a file, then enough."""
    now.rows.append(("the full disk", now.disk.said))
    (order,) = checked_orders(1, now.bench.dice, with_cards=False)
    address = f"/admin/numbers/importorder/{order.pk}/do/add_loa/"
    small, large = _picture(_SMALL, now.bench.dice), _picture(_LARGE, now.bench.dice)

    def send(content: bytes) -> Page:
        return now.visitor.send_file(address, name="loa.png", kind="image/png", content=content)

    def nothing_kept() -> bool:
        return not Loa.objects.exists() and not _files(now, "LOA_DIR")

    def visited() -> bool:
        now.visitor.get(_ADMIN)
        return not _files(now, "TMPDIR")

    now.disk.leave(0)
    page = send(small)
    now.expect("with a full disk the page says that the LOA was not kept", page.says(_NOT_KEPT))
    page = send(large)
    now.expect("so it says of the largest one", page.says(_NOT_KEPT))
    now.expect("nothing was kept of either file", nothing_kept())
    # A refused upload's file lives until the interpreter collects what the request left behind.
    now.rows.append(("files of uploads left at once", len(_files(now, "TMPDIR"))))
    now.expect("none of them outlives the requests that follow", now.wait_for(visited))
    knocks = now.knock(_KNOCKS_A_SECOND, rate=_KNOCKS_A_SECOND)
    now.expect("webhooks are stored on a full disk", {one.status for one in knocks} == {200})
    others = now.submitted(ORDERS)
    now.expect(
        "orders are sent and end all the same",
        now.wait_for(lambda: all_complete(others), hurry=_HURRY),
    )
    now.disk.leave(_PART)
    page = send(small)
    now.expect("with room for half a file the page says the same", page.says(_NOT_KEPT))
    now.expect("no half file is left", nothing_kept())
    now.disk.free()
    pages = [send(small), send(large)]
    now.expect(
        "both files are kept once there is room",
        [page.says(f"LOA version {index} is here.") for index, page in enumerate(pages, start=1)]
        == [True, True]
        and sorted(path.stat().st_size for path in _files(now, "LOA_DIR"))
        == [len(small), len(large)],
    )
    loa.send_to_carrier(order, actor=None)
    submission.submit(order, actor=None)
    mine = LoaUpload.objects.filter(order=order, state=LoaUploadState.UPLOADED)
    now.expect(
        "the order goes on by itself, its LOA with it",
        now.wait_for(lambda: all_complete([order]) and mine.exists(), hurry=_HURRY),
    )


def _mail_server_refuses(now: Scene) -> None:
    """A mail server that refuses everything for a while."""
    now.mail_server.refusals["*"] = "451 4.3.0 try again later"
    subject = "A mail of the rehearsal"
    people = [f"person{number}@example.com" for number in range(MAILS)]
    mails.queue_mail(recipients=people, subject=subject, text="It is here.")
    mine = Mail.objects.filter(subject=subject)
    now.wait_for(lambda: not mine.filter(tries__lt=3).exists(), hurry=120)
    page = now.visitor.get("/admin/numbers/mail/")
    now.expect("refused mails wait", mine.filter(state=MailState.WAITING).count() == MAILS)
    now.expect("their page says why in words", page.says("The mail server refused it: 451"))
    now.expect(
        "the home page says that mails cannot be sent", _home_says(now, "Mails cannot be sent")
    )
    now.mail_server.refusals.clear()
    sent = now.wait_for(lambda: mine.filter(state=MailState.SENT).count() == MAILS, hurry=600)
    got = Counter(mail.recipient for mail in now.mail_server.taken if subject in mail.content)
    now.expect(
        "each is delivered once, by itself, when it takes them", sent and got == Counter(people)
    )


def _of(orders: list[ImportOrder]) -> QuerySet[ImportOrder]:
    return ImportOrder.objects.filter(pk__in=[order.pk for order in orders])


def _home_says(now: Scene, words: str) -> bool:
    """Whether the home page comes to say so: its watch goes round once a minute."""
    return now.wait_for(lambda: now.visitor.get(_ADMIN).says(words), hurry=_HURRY)


def _files(now: Scene, setting: str) -> list[Path]:
    """The files in a folder of the web server's."""
    return [path for path in Path(now.env[setting]).rglob("*") if path.is_file()]


def _picture(side: int, dice: random.Random) -> bytes:
    """A picture of noise, which no format makes smaller."""
    content = io.BytesIO()
    Image.frombytes("RGB", (side, side), dice.randbytes(side * side * 3)).save(content, "PNG")
    return content.getvalue()
