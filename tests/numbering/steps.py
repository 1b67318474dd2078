"""What tests of numbering do again and again, one step per function."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from carrier.sandbox import Sandbox
from carrier.sandbox.sandbox import OrderSeen
from numbering.domain import import_orders, submission
from numbering.models import Heartbeat, ImportOrder, Job, SubmitAttempt
from numbering.worker import run_once
from tests import builders

# Any US area code makes the same card of the sandbox; a fresh one keeps tests apart.
_AREA_CODES = itertools.cycle(
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 "
    "239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 "
    "310 312 313 314 315 316 317 318 319 320 321 323 325 330 331 334 336 337 347 351 352 360 361 "
    "385 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 "
    "435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 "
    "520 530 540 541 551 559 561 562 563 567 570 571 573 574 575 580 585 586 601 602 603 605 606 "
    "607 608 609 610 612 614 615 616 617 618 619 620 623 626 630 631 636 641 646 650 651 660 661 "
    "662 678 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 727 731 732 "
    "734 737 740 754 757 760 763 765 770 772 773 774 775 781 785 786 801 802 803 804 805 806 808 "
    "810 812 813 814 815 816 817 818 828 830 831 832 843 845 847 848 850 856 857 858 859 860 862 "
    "863 864 865 870 878 901 903 904 906 907 908 909 910 912 913 914 915 916 917 918 919 920 925 "
    "928 931 936 937 940 941 949 951 952 954 956 970 971 972 973 978 979 980 985 989".split()
)


def card(line: str) -> str:
    """Give a test-card number of the sandbox (docs/sandbox.md) in an area code of its own."""
    return f"+1{next(_AREA_CODES)}719{line}"


def checked(*numbers: str, **fields: Any) -> ImportOrder:
    """Make an order whose numbers the carrier has checked; the sandbox must be there."""
    order = builders.draft(*numbers, **fields)
    import_orders.check(order, actor=None)
    assert order.status == "checked"
    return order


def sent(*numbers: str, **fields: Any) -> ImportOrder:
    """Make a checked order and have it sent."""
    order = checked(*numbers, **fields)
    submitted_and_sent(order)
    return order


def submitted_and_sent(order: ImportOrder) -> None:
    """Submit a checked order and let the worker send it."""
    submission.submit(order, actor=None)
    run_once()
    order.refresh_from_db()


def bring_forward(kind: str = "") -> None:
    """Make waiting jobs due now."""
    jobs = Job.objects.filter(state="waiting")
    if kind:
        jobs = jobs.filter(kind=kind)
    jobs.update(due_at=Now() - timedelta(seconds=1))


def work(*, rounds: int = 1) -> None:
    """Let the worker do everything that waits, due or not, as often as told."""
    for _ in range(rounds):
        bring_forward()
        run_once()


def due_for_sweep(order: ImportOrder) -> None:
    """Make the order's next read by the sweep due."""
    ImportOrder.objects.filter(pk=order.pk).update(next_read_at=Now() - timedelta(seconds=1))
    Heartbeat.objects.filter(name="sweep").delete()


def status_of(order: ImportOrder) -> str:
    """Read the order's status from the database."""
    return ImportOrder.objects.values_list("status", flat=True).get(pk=order.pk)


def attempt_of(order: ImportOrder) -> SubmitAttempt:
    """Give the order's newest attempt."""
    return SubmitAttempt.objects.filter(order=order).latest("pk")


def number_statuses(order: ImportOrder) -> dict[str, str]:
    """Give the status of each of the order's numbers."""
    return dict(order.numbers.values_list("e164", "status"))


def orders_at(sandbox: Sandbox, order: ImportOrder) -> list[OrderSeen]:
    """Give the orders that the carrier really has for this order's numbers."""
    numbers = set(order.numbers.values_list("e164", flat=True))
    return [seen for seen in sandbox.orders() if numbers & set(seen.telephone_numbers)]


def creating_calls(sandbox: Sandbox, order: ImportOrder) -> int:
    """Count the requests to create this order that reached the carrier."""
    first = order.numbers.values_list("e164", flat=True)[0]
    ten = first.removeprefix("+1").encode()
    return sum(
        1
        for seen in sandbox.requests
        if seen.method == "POST" and "importTnOrders" in seen.path and ten in seen.body
    )


def wait_for(condition: Callable[[], object], *, seconds: float = 5) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def ended_at(sandbox: Sandbox, order: ImportOrder) -> None:
    """Wait until the carrier has finished the order."""
    final = {"COMPLETE", "PARTIAL", "FAILED", "EXCEPTION"}
    wait_for(lambda: all(seen.status in final for seen in orders_at(sandbox, order)))


def timeline(order: ImportOrder) -> list[tuple[str, str, str]]:
    """Give the moves of the order: from, to, and how each was learned."""
    moves = order.events.exclude(to_status="").order_by("pk")
    return list(moves.values_list("from_status", "to_status", "learned_by"))
