"""A file of numbers from its upload to the inventory: judged by what is here, taken over once."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.csv_cells import csv_lines
from numbering.domain import intake as intakes
from numbering.domain import jobs
from numbering.domain.cannot_do import CannotDo
from numbering.models import (
    Intake,
    IntakeRow,
    Job,
    NumberOrder,
    NumberOrderNumber,
    Subscriber,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import run_due
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db
HEADER = "number,subscriber,came by,site,sip peer,locked,note"


def work() -> None:
    """Let the worker do all there is to do with files, however many turns it takes."""
    while Job.objects.filter(kind__endswith="_intake", state="waiting").exists():
        steps.bring_forward()
        run_due()


def uploaded(*rows: str, actor: User | None = None) -> Intake:
    """Upload a file with these rows below the usual header."""
    content = "\n".join([HEADER, *rows]).encode()
    return intakes.receive("a.csv", ContentFile(content), actor=actor or builders.person())


def read(*rows: str, actor: User | None = None) -> Intake:
    """Upload a file and have it read."""
    intake = uploaded(*rows, actor=actor)
    work()
    intake.refresh_from_db()
    assert sum(intake.counts.values()) == intake.rows_read == intake.rows.count()
    return intake


def taken_over(intake: Intake, *, actor: User | None = None) -> Intake:
    """Have the good rows taken over."""
    agree(intake, actor=actor)
    work()
    intake.refresh_from_db()
    assert sum(intake.counts.values()) == intake.rows_read == intake.rows.count()
    return intake


def agree(intake: Intake, *, actor: User | None = None) -> None:
    assert intake.read_at is not None
    intakes.take_over(intake, read_at=intake.read_at, actor=actor or intake.person)


def verdicts(intake: Intake) -> dict[int, tuple[str, str]]:
    """Give verdict and reason of each line."""
    rows = intake.rows.values_list("line", "verdict", "reason")
    return {line: (verdict, reason) for line, verdict, reason in rows}


def number(e164: str, owner: Subscriber, **fields: Any) -> TelephoneNumber:
    """Make a hosted number, or one in another state."""
    values = {"state": "hosted", "site_id": "1001", "sip_peer_id": "500101", **fields}
    return TelephoneNumber.objects.create(
        e164=e164, subscriber=owner, state_changed_at=timezone.now(), **values
    )


# --- The rehearsal --------------------------------------------------------------------------


def test_each_row_is_judged_by_what_is_here() -> None:
    ada, bob = (builders.subscriber(name=name) for name in ("Ada’s Diner", "Bob"))
    for name in ("Twin", "twin"):
        builders.subscriber(name=name)
    peer = builders.sip_peer()
    own = builders.fresh_numbers(14)
    number(own[0], ada)
    number(own[1], ada, site_id="", sip_peer_id="", is_locked=True)
    number(own[2], ada, state="ordered", origin="order")
    for e164, state in zip(own[3:6], ("importing", "removing", "lost"), strict=True):
        number(e164, ada, state=state)
    number(own[6], bob, state="gone")
    order = builders.draft(own[7])
    bought = NumberOrder.objects.create(
        subscriber=bob, sip_peer=peer, quantity=1, status_changed_at=timezone.now()
    )
    NumberOrderNumber.objects.create(order=bought, e164=own[8])
    rows = {
        # What is so already, in every way of saying so.
        f"{own[0]},ada’s diner,import,1001,{peer.sip_peer_name},no": ("same", ""),
        f"{own[2]}": ("same", ""),
        "": None,
        f"{own[1]},Bob,,1001,,no": (
            "change",
            "Subscriber: Ada’s Diner → Bob. Site: none → 1001. SIP peer: none → 500101. Unlocked.",
        ),
        f"{own[2]},,order,,,yes": ("refused", "Line 3 has this number already."),
        f"{own[9]},Bob,order": ("add", ""),
        f"{own[6]},Bob": ("add", ""),
        "800-228-1000,BOB": ("add", ""),
        f"{own[9]},Ada’s Diner": ("refused", "Line 7 has this number already."),
        f"{own[10]}": ("refused", "A new number needs a subscriber."),
        f"{own[11]},Nobody": (
            "refused",
            "There is no subscriber “Nobody”. Add it, then read the file again.",
        ),
        f"{own[12]},TWIN": (
            "refused",
            "Several subscribers are called “TWIN”. Give one of them another name, then read the "
            "file again.",
        ),
        f"{own[3]},Bob": (
            "refused",
            "Its state here is “Importing”, so nothing about it is changed.",
        ),
        f"{own[4]}": (
            "refused",
            "Its state here is “Being removed”, so nothing about it is changed.",
        ),
        f"{own[5]}": ("refused", "Its state here is “Lost”, so nothing about it is changed."),
        f"{own[7]},Bob": (
            "refused",
            f"It is in import order {order.pk}, which is still open.",
        ),
        f"{own[8]},Bob": (
            "refused",
            f"It is in number order {bought.pk}, which is still open.",
        ),
        f"{own[0]},,order": (
            "refused",
            "Line 2 has this number already.",
        ),
        "900-228-1000,Bob": ("refused", "900 is a premium-rate number; it cannot be hosted."),
        ",Bob": ("refused", "It is empty."),
        f"{own[13]},Bob,,9": ("refused", "There is no site “9” at the carrier."),
    }
    intake = read(*rows)
    expected = {line: found for line, found in enumerate(rows.values(), start=2) if found}
    assert verdicts(intake) == expected
    assert (intake.state, intake.rows_empty, intake.rows_read) == ("read", 1, len(expected))
    assert intakes.missing_subscribers(intake) == [("Nobody", 1)]
    assert TelephoneNumber.objects.filter(e164__in=own).count() == 7


def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_with_its_number() -> None:
    (e164,) = builders.fresh_numbers()
    owner = builders.subscriber()
    found = verdicts(read(f"{e164},Nope", f"{e164},{owner.name}", f"{e164},Nope"))
    assert (found[2][0], found[3]) == ("refused", ("add", ""))
    assert found[2][1].startswith("There is no subscriber")
    assert found[4] == ("refused", "Line 3 has this number already.")


def test_a_number_that_came_otherwise_is_refused() -> None:
    (e164,) = builders.fresh_numbers()
    number(e164, builders.subscriber())
    reason = "Here it came by import; the file says by order."
    assert verdicts(read(f"{e164},,order"))[2] == ("refused", reason)


def test_a_file_is_judged_anew_without_a_new_upload() -> None:
    (e164,) = builders.fresh_numbers()
    intake = read(f"{e164},Late Comer")
    first_read_at = intake.read_at
    assert first_read_at is not None
    builders.subscriber(name="Late Comer")
    intakes.read_again(intake)
    with pytest.raises(CannotDo):
        intakes.read_again(intake)
    work()
    intake.refresh_from_db()
    assert (verdicts(intake), intake.rows_read) == ({2: ("add", "")}, 1)
    with pytest.raises(CannotDo, match="read again meanwhile"):
        intakes.take_over(intake, read_at=first_read_at, actor=intake.person)


def test_what_cannot_be_read_says_why_and_changes_nothing() -> None:
    intake = intakes.receive("a.csv", ContentFile(b"3032281000\n"), actor=builders.person())
    work()
    intake.refresh_from_db()
    assert intake.state == "unreadable"
    assert "has to be called “number”" in intake.trouble
    empty = read()
    assert (empty.state, empty.rows_read) == ("read", 0)
    with pytest.raises(CannotDo, match="No row of it"):
        agree(empty)


# --- Taking over ----------------------------------------------------------------------------


def test_good_rows_are_taken_over_with_their_history_and_the_carrier_is_not_asked(
    at_carrier: Sandbox,
) -> None:
    ada, bob = (builders.subscriber() for _ in range(2))
    builders.sip_peer()
    one, two, three, four = builders.fresh_numbers(4)
    changed, same = number(one, ada, is_locked=True), number(four, ada)
    uploader, actor = builders.person(), builders.person()
    asked = len(at_carrier.requests)
    intake = read(
        f"{one},{bob.name},,,,no",
        f"{two},{ada.name},,1001",
        f"{three},{bob.name},order,,,yes",
        f"{four},{ada.name}",
        "12345,x",
        actor=uploader,
    )
    taken_over(intake, actor=actor)
    fields = ("e164", "subscriber", "state", "origin", "site_id", "sip_peer_id", "is_locked")
    found = TelephoneNumber.objects.filter(e164__in=(one, two, three, four)).order_by("e164")
    assert list(found.values_list(*fields)) == [
        (one, bob.pk, "hosted", "import", "1001", "500101", False),
        (two, ada.pk, "hosted", "import", "1001", "500101", False),
        (three, bob.pk, "ordered", "order", "", "", True),
        (four, ada.pk, "hosted", "import", "1001", "500101", False),
    ]
    events = TelephoneNumberEvent.objects.filter(telephone_number__in=found).order_by("pk")
    said = "actor", "learned_by", "from_state", "to_state", "reason"
    assert {
        event[0]: event[1:] for event in events.values_list("telephone_number__e164", *said)
    } == {
        one: (
            actor.pk,
            "person",
            "hosted",
            "hosted",
            f"File a.csv, line 2. Subscriber: {ada.name} → {bob.name}. Unlocked.",
        ),
        two: (actor.pk, "person", "", "hosted", "File a.csv, line 3."),
        three: (actor.pk, "person", "", "ordered", "File a.csv, line 4."),
    }
    assert intake.counts == {"add": 2, "change": 1, "same": 1, "refused": 1}
    assert (intake.state, intake.committed_by, intake.person) == ("committed", actor, uploader)
    assert intake.storage_name == ""
    assert (changed.pk, same.pk) == (found[0].pk, found[3].pk)
    assert len(at_carrier.requests) == asked


def test_a_number_is_not_added_to_who_has_the_subscribers_name_since() -> None:
    ada, bob = builders.subscriber(), builders.subscriber()
    intake = read(f"{builders.fresh_numbers()[0]},{ada.name}")
    name = ada.name
    Subscriber.objects.filter(pk=ada.pk).update(name="Ada Otherwise")
    Subscriber.objects.filter(pk=bob.pk).update(name=name)
    taken_over(intake)
    words = "Its subscriber is another one since the file was read. Read it again."
    assert verdicts(intake) == {2: ("refused", words)}
    assert not TelephoneNumber.objects.exists()


def test_what_changed_since_the_rehearsal_is_not_overwritten() -> None:
    ada, bob, eve = (builders.subscriber() for _ in range(3))
    new, moved, done, left, held, renamed, plain = builders.fresh_numbers(7)
    rows = [f"{e164},{bob.name}" for e164 in (new, moved, done, left, held)]
    for e164 in (moved, done, left, plain):
        number(e164, ada)
    intake = read(*rows, f"{renamed},{eve.name}", f"{plain},{bob.name}")
    assert intake.counts == {"add": 3, "change": 4, "same": 0, "refused": 0}
    number(new, ada)
    TelephoneNumber.objects.filter(e164=moved).update(subscriber=eve)
    TelephoneNumber.objects.filter(e164=done).update(subscriber=bob)
    TelephoneNumber.objects.filter(e164=left).update(state="gone")
    order = builders.draft(held)
    Subscriber.objects.filter(pk=eve.pk).update(name="Eve Otherwise")
    taken_over(intake)
    change = "It has changed here since the file was read. Subscriber: {} → {}."
    assert verdicts(intake) == {
        2: ("refused", change.format(ada.name, bob.name)),
        3: ("refused", change.format("Eve Otherwise", bob.name)),
        4: ("same", ""),
        5: ("refused", "It has left since the file was read. Read it again."),
        6: ("refused", f"It is in import order {order.pk}, which is still open."),
        7: (
            "refused",
            f"There is no subscriber “{eve.name}”. Add it, then read the file again.",
        ),
        8: ("change", f"Subscriber: {ada.name} → {bob.name}."),
    }
    owners = TelephoneNumber.objects.values_list("e164", "subscriber", "state")
    assert set(owners.filter(e164__in=(new, moved, done, left, held, renamed, plain))) == {
        (new, ada.pk, "hosted"),
        (moved, eve.pk, "hosted"),
        (done, bob.pk, "hosted"),
        (left, ada.pk, "gone"),
        (plain, bob.pk, "hosted"),
    }
    assert TelephoneNumberEvent.objects.filter(telephone_number__e164=plain).count() == 1


def test_a_file_is_taken_over_or_discarded_once() -> None:
    owner = builders.subscriber()
    intake = read(f"{builders.fresh_numbers()[0]},{owner.name}")
    stored = intake.storage_name
    jobs.enqueue("commit_intake", subject_id=intake.pk)
    work()
    assert not TelephoneNumber.objects.exists()
    taken_over(intake)
    assert not default_storage.exists(stored)
    with pytest.raises(CannotDo, match="taken over"):
        agree(intake)
    with pytest.raises(CannotDo, match="already"):
        intakes.discard(intake)
    jobs.enqueue("commit_intake", subject_id=intake.pk)
    jobs.enqueue("read_intake", subject_id=intake.pk)
    work()
    intake.refresh_from_db()
    events = TelephoneNumberEvent.objects.filter(telephone_number__subscriber=owner)
    assert (intake.state, events.count()) == ("committed", 1)


def test_refused_rows_are_corrected_and_uploaded_again() -> None:
    """E01, R20: safe in a spreadsheet, and read back as it was."""
    owner = builders.subscriber(name="=Formula Foods")
    one, two = builders.fresh_numbers(2)
    intake = read(
        f"{one},=Formula Foods,,,,,-1", "3.03E+09,=Formula Foods,,,,,'=x,more", "12,=Formula Foods"
    )
    assert [verdict for verdict, _ in verdicts(intake).values()] == ["add", "refused", "refused"]
    rows = list(intakes.refused_rows(intake, intake.person))
    assert [row[1:3] for row in rows[1:]] == [
        ["3.03E+09", "=Formula Foods"],
        ["12", "=Formula Foods"],
    ]
    assert "rounded" in rows[1][0]
    text = "".join(csv_lines(rows))
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "-", "+"))]
    corrected = ContentFile(("\ufeff" + text.replace("3.03E+09", two)).encode())
    again = intakes.receive("refused.csv", corrected, actor=intake.person)
    work()
    again.refresh_from_db()
    assert again.columns == HEADER.split(",")
    assert again.counts == {"add": 1, "change": 0, "same": 0, "refused": 1}
    first = again.rows.get(line=2)
    assert first.cells == [two, "=Formula Foods", "", "", "", "", "'=x", "more"]
    assert first.subscriber_id == owner.pk


def test_old_files_and_their_rows_are_forgotten() -> None:
    fresh, old, open_one = read("1"), read("2"), uploaded("3")
    long_ago = timezone.now() - timedelta(days=intakes.KEPT_DAYS + 1)
    Intake.objects.filter(pk__in=(old.pk, open_one.pk)).update(uploaded_at=long_ago)
    jobs.enqueue("upkeep")
    Job.objects.filter(kind="read_intake").delete()
    run_due()
    assert set(IntakeRow.objects.values_list("intake", flat=True)) == {fresh.pk}
    states = dict(Intake.objects.values_list("pk", "state"))
    assert states == {fresh.pk: "read", old.pk: "discarded", open_one.pk: "reading"}
    assert not default_storage.exists(old.storage_name)
    assert default_storage.exists(open_one.storage_name)
