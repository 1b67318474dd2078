"""Keeping LOAs: checked every night, kept for their time, purged once, held when told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import evidence, jobs, keeping
from numbering.domain.cannot_do import CannotDo
from numbering.domain.loa_content import DamagedLoa, read_content
from numbering.models import (
    Alert,
    EvidenceEntry,
    Heartbeat,
    ImportOrder,
    Job,
    Loa,
    TelephoneNumber,
    TelephoneNumberEvent,
)
from numbering.worker import KINDS, run_due
from tests import builders
from tests.numbering import steps
from tests.numbering.hosting import hosted, letter
from tests.numbering.races import at_once

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=365 * 5 + 3)


def keep() -> Job:
    """Let a worker do the night's keeping; return its job."""
    jobs.enqueue("keep")
    run_due()
    return Job.objects.filter(kind="keep").latest("pk")


def path_of(loa: Loa) -> Path:
    """Give where the LOA is stored."""
    return Path(portal_settings.LOA_DIR) / str(loa.file.name)


def flip_a_byte(loa: Loa) -> None:
    """Change one byte of the stored file."""
    content = bytearray(path_of(loa).read_bytes())
    content[-1] ^= 1
    path_of(loa).write_bytes(content)


def ended(ago: timedelta = LONG_AGO, **fields: Any) -> tuple[ImportOrder, Loa]:
    """Make an order whose number was hosted and is gone since, with its letter."""
    began = timezone.now() - ago - timedelta(days=400)
    order = hosted(submitted=began)
    loa = letter(order.subscriber, order, **fields)
    Loa.objects.filter(pk=loa.pk).update(uploaded_at=began)
    [number] = TelephoneNumber.objects.filter(subscriber=order.subscriber)
    TelephoneNumber.objects.filter(pk=number.pk).update(state="gone")
    TelephoneNumberEvent.objects.create(
        telephone_number=number, at=timezone.now() - ago, from_state="hosted", to_state="gone"
    )
    return order, loa


def fresh(loa: Loa) -> Loa:
    """Read the LOA from the database."""
    return Loa.objects.get(pk=loa.pk)


def test_every_file_is_checked_and_a_whole_one_is_said_to_be_whole() -> None:
    order = hosted()
    loa = letter(order.subscriber, order, is_damaged=True)
    assert keep().state == "done"
    loa = fresh(loa)
    assert loa.hash_checked_at is not None
    assert (loa.is_damaged, Heartbeat.objects.filter(name="keep").count()) == (False, 1)


@pytest.mark.parametrize("harm", [flip_a_byte, lambda loa: path_of(loa).unlink()])
def test_a_file_that_changed_or_vanished_is_found_at_night_and_one_alert_says_so(
    harm: Callable[[Loa], None],
) -> None:
    """U24, the nightly half."""
    order = hosted()
    good, bad = letter(order.subscriber, order), letter(order.subscriber, order)
    whole = path_of(bad).read_bytes()
    harm(bad)
    keep()
    assert (fresh(good).is_damaged, fresh(bad).is_damaged) == (False, True)
    Loa.objects.update(hash_checked_at=timezone.now() - timedelta(days=1))
    keep()
    [alert] = Alert.objects.filter(cause="loa_damaged")
    assert (alert.closed_at, alert.count) == (None, 2)
    path_of(bad).write_bytes(whole)
    Loa.objects.update(hash_checked_at=timezone.now() - timedelta(days=1))
    keep()
    alert.refresh_from_db()
    assert (fresh(bad).is_damaged, alert.closed_at is not None) == (False, True)


def test_a_download_that_finds_a_changed_file_calls_somebody_as_well() -> None:
    """U24, the other half."""
    order = hosted()
    loa = letter(order.subscriber, order)
    flip_a_byte(loa)
    with pytest.raises(DamagedLoa):
        read_content(loa)
    assert (fresh(loa).is_damaged, Alert.objects.get().cause) == (True, "loa_damaged")


def test_a_file_that_was_checked_this_night_is_not_read_again() -> None:
    order = hosted()
    loa = letter(order.subscriber, order)
    keep()
    checked = fresh(loa).hash_checked_at
    flip_a_byte(loa)
    keep()
    assert (fresh(loa).hash_checked_at, fresh(loa).is_damaged) == (checked, False)


def test_a_long_night_is_cut_into_turns_so_that_other_work_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "_TURN_SECONDS", 0)
    order = hosted()
    for _ in range(3):
        letter(order.subscriber, order)
    jobs.enqueue("keep")
    left = []
    for _ in range(4):
        steps.bring_forward("keep")
        job = jobs.claim()
        assert job is not None
        jobs.run(job, KINDS)
        left.append(Loa.objects.filter(hash_checked_at=None).count())
    assert (left, Job.objects.get().state) == ([2, 1, 0, 0], "done")


def test_while_files_cannot_be_read_nothing_is_said_of_them_and_the_check_comes_back() -> None:
    order = hosted()
    away, good = letter(order.subscriber, order), letter(order.subscriber, order)
    path_of(away).unlink()
    # A folder in its place: reading it fails, and not because nothing is there.
    path_of(away).mkdir()
    job = keep()
    assert (fresh(away).hash_checked_at, fresh(away).is_damaged) == (None, False)
    assert fresh(good).hash_checked_at is not None
    assert (job.state, job.trouble) == ("waiting", "1 LOA file could not be read.")
    assert not Alert.objects.exists()
    path_of(away).rmdir()


def test_an_loa_is_purged_when_its_time_after_hosting_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """R31."""
    caplog.set_level(logging.INFO, "numbering.domain.keeping")
    _, loa = ended()
    path = path_of(loa)
    keep()
    kept = fresh(loa)
    assert (path.exists(), kept.file.name, kept.purged_at is not None) == (False, "", True)
    [entry] = EvidenceEntry.objects.filter(kind="purged")
    assert (entry.loa, entry.data["sha256"]) == (loa, loa.sha256)
    [line] = [record for record in caplog.records if record.message == "LOA purged"]
    assert loa.signer not in str(vars(line))
    assert evidence.faults() == []
    with pytest.raises(DamagedLoa):
        read_content(kept)


def _returned(order: ImportOrder, _loa: Loa) -> None:
    [number] = TelephoneNumber.objects.filter(subscriber=order.subscriber)
    TelephoneNumber.objects.create(
        e164=number.e164,
        subscriber=order.subscriber,
        state="importing",
        state_changed_at=timezone.now(),
    )


def _in_open_order(order: ImportOrder, _loa: Loa) -> None:
    ImportOrder.objects.filter(pk=order.pk).update(status="draft")


def _on_hold(_order: ImportOrder, loa: Loa) -> None:
    Loa.objects.filter(pk=loa.pk).update(is_on_hold=True)


def _blanket(_order: ImportOrder, loa: Loa) -> None:
    Loa.objects.filter(pk=loa.pk).update(
        scope="blanket", expires_on=timezone.localdate() - timedelta(days=10)
    )


@pytest.mark.parametrize("reason", [_returned, _in_open_order, _on_hold, _blanket])
def test_what_is_still_needed_is_kept_whatever_its_age(
    reason: Callable[[ImportOrder, Loa], None],
) -> None:
    order, loa = ended()
    reason(order, loa)
    keep()
    assert (fresh(loa).purged_at, path_of(loa).exists()) == (None, True)


def test_an_loa_is_kept_for_the_whole_time_after_hosting_ended() -> None:
    _, loa = ended(timedelta(days=365 * 5 - 3))
    keep()
    assert fresh(loa).purged_at is None


def test_an_loa_for_an_order_that_was_never_sent_is_kept_as_long_from_its_receipt() -> None:
    old, young = builders.draft(), builders.draft()
    loas = [letter(order.subscriber, order) for order in (old, young)]
    ImportOrder.objects.update(status="cancelled")
    for loa, age in zip(loas, (LONG_AGO, timedelta(days=365 * 4)), strict=True):
        Loa.objects.filter(pk=loa.pk).update(uploaded_at=timezone.now() - age)
    keep()
    assert [fresh(loa).purged_at is None for loa in loas] == [False, True]


def test_the_number_of_somebody_else_now_does_not_keep_an_old_letter() -> None:
    order, loa = ended()
    [number] = TelephoneNumber.objects.filter(subscriber=order.subscriber)
    TelephoneNumber.objects.create(
        e164=number.e164,
        subscriber=builders.subscriber(),
        state="hosted",
        state_changed_at=timezone.now(),
    )
    keep()
    assert fresh(loa).purged_at is not None


def test_a_file_that_outlived_its_purge_goes_the_next_night() -> None:
    _, loa = ended()
    assert keeping.purge(loa.pk)
    assert path_of(loa).exists()  # as when the worker was killed here
    keep()
    assert (path_of(loa).exists(), EvidenceEntry.objects.filter(kind="purged").count()) == (
        False,
        1,
    )


def test_purging_twice_proves_it_once() -> None:
    _, loa = ended()
    assert (keeping.purge(loa.pk), keeping.purge(loa.pk)) == (True, False)
    assert EvidenceEntry.objects.filter(kind="purged").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_purge_once() -> None:
    for _ in range(5):
        _, loa = ended()
        assert sorted(at_once(2, lambda _, pk=loa.pk: keeping.purge(pk))) == [False, True]
    assert EvidenceEntry.objects.filter(kind="purged").count() == 5


def test_legal_hold_is_put_on_and_lifted_by_an_administrator_with_a_reason(
    sign_in: Callable[[User], Client], support: User
) -> None:
    _, loa = ended()
    admin = builders.person(Role.ADMIN)
    desk, address = sign_in(admin), f"/admin/numbers/loa/{loa.pk}/hold/"
    assert sign_in(support).post(address, {"reason": "a"}).status_code == 403
    assert desk.post(address, {"reason": ""}).status_code == 422
    desk.post(address, {"reason": "Court order 12"})
    keep()
    assert (fresh(loa).is_on_hold, fresh(loa).purged_at) == (True, None)
    desk.post(address, {"reason": "Case closed"})
    keep()
    assert fresh(loa).purged_at is not None
    held = EvidenceEntry.objects.filter(kind="held").order_by("position")
    assert [entry.data for entry in held] == [
        {"is_on_hold": True, "reason": "Court order 12", "person": admin.pk},
        {"is_on_hold": False, "reason": "Case closed", "person": admin.pk},
    ]


def test_a_hold_comes_too_late_for_a_purged_file(support: User) -> None:
    _, loa = ended()
    keeping.purge(loa.pk)
    with pytest.raises(CannotDo):
        keeping.set_hold(loa, is_on_hold=True, reason="a", actor=support)
