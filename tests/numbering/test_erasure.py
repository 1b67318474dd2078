"""What is held under a person's address: copied whole, erased where allowed, listed where kept."""

from __future__ import annotations

import io
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import SignInLink, User
from accounts.rights import Role
from numbering.domain import erasure, evidence
from numbering.domain.cannot_do import CannotDo
from numbering.domain.mails import queue_mail
from numbering.domain.timeline import note
from numbering.enums import EvidenceKind, InvitationPurpose, LearnedBy
from numbering.models import (
    EvidenceEntry,
    HostingRequest,
    Invitation,
    LoaSigner,
    Mail,
    SubscriberContact,
    Withdrawal,
)
from tests import builders
from tests.numbering.hosting import hosted, letter

pytestmark = pytest.mark.django_db
EMAIL = "maria.lopez@example.com"


@pytest.fixture
def maria() -> User:
    """A customer who has left a trace wherever customers can."""
    person = builders.person(Role.CUSTOMER, email=EMAIL, name="Maria Lopez")
    order = hosted()
    loa = letter(order.subscriber, order)
    in_a_day = timezone.now() + timedelta(days=1)
    SubscriberContact.objects.create(subscriber=order.subscriber, person=person)
    SignInLink.objects.create(person=person, email=EMAIL, key_hash="a", expires_at=in_a_day)
    LoaSigner.objects.create(subscriber=order.subscriber, name="Maria Lopez", email=EMAIL)
    Invitation.objects.create(
        purpose=InvitationPurpose.LOA,
        email=EMAIL,
        name="Maria Lopez",
        order=order,
        key_hash="b",
        expires_at=in_a_day,
    )
    for state in ("filling", "accepted"):
        HostingRequest.objects.create(
            state=state,
            contact_name="Maria Lopez",
            contact_email=EMAIL.title(),
            business_name="Lopez Florists",
            city="Denver",
        ).numbers.create(e164="+13032281000", raw="303 228 1000")
    queue_mail(recipients=[EMAIL], subject="For Maria Lopez", text="Dear Maria Lopez, http://a/B1/")
    Withdrawal.objects.create(
        subscriber=order.subscriber, order=order, email=EMAIL, asked_at=timezone.now()
    )
    note(order, f"Invited: {EMAIL}, to sign.", learned_by=LearnedBy.PERSON)
    evidence.add(
        EvidenceKind.SIGNED,
        subscriber=order.subscriber,
        order=order,
        loa=loa,
        data={"sha256": loa.sha256, "email": EMAIL},
    )
    return person


def rows_with(text: str) -> dict[str, int]:
    """Search every table for a text; give how many rows of which hold it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own tables
            count = sum(text in str(row).lower() for row in cursor.fetchall())
            if count:
                found[table] = count
    return found


def run(*arguments: str) -> str:
    """Run the command; give what it printed."""
    out = io.StringIO()
    call_command("person", *arguments, stdout=out)
    return out.getvalue()


def test_the_copy_holds_everything_that_is_held_under_the_address(
    maria: User, tmp_path: Path
) -> None:
    """L12, the copy."""
    path = tmp_path / "copy.json"
    run(EMAIL.upper(), "--copy", str(path))
    copy: dict[str, Any] = json.loads(path.read_text())
    counts = {name: len(rows) for name, rows in copy.items() if rows}
    assert counts == {
        "account": 1,
        "sign-in links": 1,
        "contacts": 1,
        "approved signers": 1,
        "invitations": 1,
        "hosting requests": 1,
        "numbers of hosting requests": 1,
        "mails": 1,
        "evidence": 1,
        "LOAs": 1,
        "orders": 1,
        "lines in timelines": 1,
        "accepted hosting requests": 1,
        "withdrawals": 1,
    }
    # Each table in which the address stands is among them.
    assert sum(rows_with(EMAIL).values()) == 10
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ("key_hash" in path.read_text(), maria.password in path.read_text()) == (False, False)


def test_a_copy_never_goes_over_a_file_that_is_there(maria: User, tmp_path: Path) -> None:
    path = tmp_path / "copy.json"
    path.write_text("mine")
    with pytest.raises(CommandError):
        run(EMAIL, "--copy", str(path))
    assert path.read_text() == "mine"


def test_erasing_leaves_the_address_in_legal_records_only_and_lists_them(maria: User) -> None:
    """L12, the erasure."""
    done = json.loads(run(EMAIL, "--erase"))
    assert rows_with(EMAIL) == {
        "numbers_evidenceentry": 1,
        "numbers_hostingrequest": 1,
        "numbers_orderevent": 1,
        "numbers_withdrawal": 1,
    }
    assert set(done["kept"]) == {
        *("evidence", "LOAs", "orders", "lines in timelines"),
        *("accepted hosting requests", "withdrawals"),
    }
    kept = EvidenceEntry.objects.get(kind="signed")
    assert done["kept"]["evidence"] == [kept.pk]
    assert done["erased"]["mails"] == 1
    assert (
        "maria lopez"
        not in str(
            [*Mail.objects.values(), *Invitation.objects.values(), *LoaSigner.objects.values()]
        ).lower()
    )
    maria.refresh_from_db()
    assert (maria.name, maria.is_active, maria.has_usable_password()) == ("", False, False)


def test_erasing_ends_open_links_and_waiting_mails(maria: User) -> None:
    erasure.erase(EMAIL)
    assert not Invitation.objects.open().exists()
    assert (SignInLink.objects.count(), SubscriberContact.objects.count()) == (0, 0)
    [mail] = Mail.objects.all()
    assert (mail.state, mail.sealed, mail.text) == ("failed", "", erasure.ERASED)
    request = HostingRequest.objects.exclude(state="accepted").get()
    assert (request.state, request.numbers.count(), request.city) == ("withdrawn", 0, "")
    accepted = HostingRequest.objects.get(state="accepted")
    assert (accepted.numbers.count(), accepted.contact_name) == (1, "Maria Lopez")


def test_the_erasure_is_proven_without_the_address_and_the_chain_stays_whole(
    maria: User,
) -> None:
    erasure.erase(EMAIL)
    [entry] = EvidenceEntry.objects.filter(kind="erased")
    assert EMAIL not in str(entry.data)
    assert evidence.faults() == []


def test_somebody_elses_rows_stay_as_they_are(maria: User) -> None:
    other = builders.person(Role.CUSTOMER, email="x" + EMAIL, name="Other")
    queue_mail(recipients=["x" + EMAIL], subject="For Other", text="Dear Other")
    erasure.erase(EMAIL)
    other.refresh_from_db()
    assert (other.email, other.is_active) == ("x" + EMAIL, True)
    assert Mail.objects.get(recipient="x" + EMAIL).text == "Dear Other"


def test_nobody_of_the_staff_is_erased(support: User) -> None:
    with pytest.raises(CannotDo):
        erasure.erase(support.email)
    support.refresh_from_db()
    assert support.is_active


def test_an_address_that_nobody_knows_is_no_error() -> None:
    done = json.loads(run("nobody@example.com", "--erase"))
    assert (done["kept"], set(done["erased"].values())) == ({}, {0})


def test_the_command_wants_to_know_what_to_do() -> None:
    with pytest.raises(CommandError):
        run(EMAIL)
