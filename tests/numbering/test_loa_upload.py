"""The customer's door for a signed copy: chosen, checked, looked at, and handed in once."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from numbering.domain import invitations, loa
from numbering.enums import InvitationPurpose
from numbering.loa_file import SIZE_LIMIT
from numbering.models import EvidenceEntry, ImportOrder, Invitation, Loa, LoaOpening
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> ImportOrder:
    """An order that waits for its letter."""
    return builders.draft(*builders.fresh_numbers(3))


def invited(order: ImportOrder, purpose: InvitationPurpose = InvitationPurpose.LOA) -> Invitation:
    """Make a link for the order."""
    invitation, _ = invitations.new_link(purpose=purpose, email="maria@example.com", order=order)
    return invitation


def visitor(*links: Invitation) -> Client:
    """Give a browser in which these links were opened."""
    client = Client()
    session = client.session
    session["invitations"] = [link.pk for link in links]
    session.save()
    return client


def address(invitation: Invitation, tail: str = "") -> str:
    """Give a page of the letter."""
    return f"/invitation/{invitation.pk}/letter/{tail}"


def send(client: Client, invitation: Invitation, content: bytes | None, **fields: Any) -> Any:
    """Send the form with a file; None for none."""
    values = {"signer": "Maria Lopez", "signed_on": timezone.localdate().isoformat(), **fields}
    name = values.pop("name", "letter.pdf")
    kind = values.pop("kind", "application/pdf")
    if content is not None:
        values["file"] = SimpleUploadedFile(name, content, kind)
    return client.post(address(invitation, "upload/"), values)


def errors(response: HttpResponse) -> dict[str, list[str]]:
    """Give what is said beside each field; the answer must be the form again."""
    assert response.status_code == 422
    return dict(response.context["form"].errors)  # type: ignore[attr-defined]


def uploaded(client: Client, invitation: Invitation, content: bytes | None = None) -> Loa:
    """Upload a good letter and give it."""
    response = send(client, invitation, content or builders.letter_for(invitation.order))
    newest = Loa.objects.latest("pk")
    assert response.headers["Location"] == address(invitation, f"{newest.pk}/")
    return newest


def test_the_first_page_says_what_the_letter_is_about(order: ImportOrder) -> None:
    invitation = invited(order)
    page = visitor(invitation).get(address(invitation)).content.decode()
    for number in order.numbers.all():
        assert str(number) in page
    for words in (order.subscriber.name, "1420 Larimer St", "Maria Lopez", "Sign here"):
        assert words in page


def test_a_letter_is_uploaded_looked_at_and_handed_in(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    assert (loa.current_loa(order), kept.is_handed_in, kept.signer) == (None, False, "Maria Lopez")
    page = client.get(address(invitation, f"{kept.pk}/"))
    assert page.status_code == 200
    picture = client.get(address(invitation, f"{kept.pk}/page/1/"))
    with Image.open(io.BytesIO(picture.content)) as drawn:
        assert drawn.format == "PNG"
    answer = client.post(
        address(invitation, f"{kept.pk}/"),
        headers={"user-agent": "A phone"},
        REMOTE_ADDR="192.0.2.7",
    )
    assert answer.headers["Location"] == f"/invitation/{invitation.pk}/status/"
    assert (loa.current_loa(order), order.loa_coverage.count()) == (kept, 3)
    invitation.refresh_from_db()
    assert invitation.used_at is not None
    assert "handed in by maria@example.com" in order.events.latest("pk").reason
    proof = EvidenceEntry.objects.get(kind="received").data
    assert (proof["sha256"], proof["email"], proof["browser"], proof["address"]) == (
        kept.sha256,
        "maria@example.com",
        "A phone",
        "192.0.2.7",
    )
    assert proof["numbers"] == sorted(order.numbers.values_list("e164", flat=True))


def test_looking_changes_nothing(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    for tail in ("", "upload/", f"{kept.pk}/", f"{kept.pk}/page/1/"):
        client.get(address(invitation, tail))
        client.head(address(invitation, tail))
    invitation.refresh_from_db()
    assert (invitation.used_at, loa.current_loa(order)) == (None, None)


def test_a_refused_file_is_said_beside_the_field_and_nothing_typed_is_lost_u05_u09_u14(
    order: ImportOrder,
) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    day = (timezone.localdate() - timedelta(days=3)).isoformat()
    answer = send(client, invitation, b"<html>" + builders.pdf(), signed_on=day)
    assert list(errors(answer)) == ["file"]
    page = answer.content.decode()
    assert ('value="Maria Lopez"' in page, f'value="{day}"' in page) == (True, True)
    half = builders.pdf()[:300]
    assert "cut off" in errors(send(client, invitation, half))["file"][0]
    assert "Choose the file" in errors(send(client, invitation, None))["file"][0]
    assert not Loa.objects.exists()


@pytest.mark.parametrize("name", ["", ".."])
def test_a_nameless_part_is_no_file_u14(order: ImportOrder, name: str) -> None:
    """Django drops such a part without a word; the form must not say thank you."""
    invitation = invited(order)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%b\r\n--x--\r\n" % (name.encode(), builders.pdf())
    )
    answer = visitor(invitation).post(
        address(invitation, "upload/"), body, content_type="multipart/form-data; boundary=x"
    )
    assert "Choose the file of the signed letter." in errors(answer)["file"]


def test_ten_mebibytes_and_one_byte_more_are_refused_at_the_door_u03(order: ImportOrder) -> None:
    invitation = invited(order)
    answer = send(visitor(invitation), invitation, b"%PDF-" + bytes(SIZE_LIMIT))
    assert "larger than 10 MiB" in errors(answer)["file"][0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"signer": "Ben Stranger"}, "signer"),
        ({"signer": ""}, "signer"),
        ({"signed_on": ""}, "signed_on"),
        ({"signed_on": "2999-01-01"}, "signed_on"),
        ({"signed_on": "yesterday"}, "signed_on"),
    ],
)
def test_who_and_when_are_asked_for(order: ImportOrder, fields: dict[str, str], field: str) -> None:
    invitation = invited(order)
    answer = send(visitor(invitation), invitation, builders.pdf(), **fields)
    assert (list(errors(answer)), Loa.objects.exists()) == ([field], False)


def test_another_file_may_be_chosen_and_the_last_one_counts(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    first, second = uploaded(client, invitation), uploaded(client, invitation)
    client.post(address(invitation, f"{first.pk}/"))
    assert loa.current_loa(order) is None
    client.post(address(invitation, f"{second.pk}/"))
    assert loa.current_loa(order) == second


def test_a_letter_is_handed_in_once(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    for _ in range(2):
        client.post(address(invitation, f"{kept.pk}/"))
    assert EvidenceEntry.objects.filter(kind="received").count() == 1
    assert send(client, invitation, builders.pdf()).status_code == 302
    assert Loa.objects.count() == 1


def test_the_new_letter_replaces_the_one_before(order: ImportOrder) -> None:
    first = invited(order)
    old = uploaded(visitor(first), first)
    visitor(first).post(address(first, f"{old.pk}/"))
    second = invited(order)
    new = uploaded(visitor(second), second)
    visitor(second).post(address(second, f"{new.pk}/"))
    new.refresh_from_db()
    assert (new.replaces, loa.current_loa(order)) == (old, new)


def test_somebody_elses_letter_is_not_there(order: ImportOrder) -> None:
    """Also by one's own link: the letter of another order, and pages of it."""
    mine, theirs = invited(order), invited(builders.draft())
    kept = uploaded(visitor(theirs), theirs)
    client = visitor(mine)
    for tail in (f"{kept.pk}/", f"{kept.pk}/page/1/"):
        assert client.get(address(mine, tail)).status_code == 404
        assert client.get(address(theirs, tail)).status_code == 404
    assert client.post(address(mine, f"{kept.pk}/")).status_code == 404
    assert loa.current_loa(order) is None


def test_a_link_for_something_else_opens_no_letter(order: ImportOrder) -> None:
    invitation = invited(order, InvitationPurpose.STATUS)
    client = visitor(invitation)
    for tail in ("", "upload/"):
        assert client.get(address(invitation, tail)).status_code == 404
    assert send(client, invitation, builders.pdf()).status_code == 404


def test_a_page_that_is_not_there_is_missing(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    for number in (0, 2, 99):
        assert client.get(address(invitation, f"{kept.pk}/page/{number}/")).status_code == 404


def test_a_page_is_harmless_to_the_browser(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    headers = client.get(address(invitation, f"{kept.pk}/page/1/")).headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]


def test_a_cancelled_order_needs_no_letter(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    kept = uploaded(client, invitation)
    ImportOrder.objects.filter(pk=order.pk).update(status="cancelled")
    assert client.get(address(invitation)).status_code == 302
    client.post(address(invitation, f"{kept.pk}/"))
    invitation.refresh_from_db()
    assert (loa.current_loa(order), invitation.used_at) == (None, None)


def test_twenty_files_are_enough(order: ImportOrder) -> None:
    invitation = invited(order)
    Loa.objects.bulk_create(
        Loa(subscriber=order.subscriber, version=version, size=1, invitation=invited(order))
        for version in range(1, 21)
    )
    answer = send(visitor(invitation), invitation, builders.pdf())
    assert "as many as we take" in errors(answer)["file"][0]


def test_a_full_disk_is_said_plainly_and_leaves_nothing_u20(order: ImportOrder) -> None:
    invitation = invited(order)
    client = visitor(invitation)
    folder = Path(site_settings.LOA_DIR)
    before = list(folder.iterdir()) if folder.exists() else []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
    try:
        with transaction.atomic():  # SQLite must not write to its file meanwhile
            answer = send(client, invitation, builders.letter_for(order))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "could not be stored" in errors(answer)["file"][0]
    assert (Loa.objects.exists(), list(folder.iterdir())) == (False, before)
    assert uploaded(client, invitation).version == 1


def test_a_photo_is_kept_without_its_place_u25(order: ImportOrder) -> None:
    exif = Image.Exif()
    exif[0x013B] = "planted artist"
    content = io.BytesIO()
    Image.new("RGB", (60, 80)).save(content, "JPEG", exif=exif)
    invitation = invited(order)
    send(visitor(invitation), invitation, content.getvalue(), name="a.jpg", kind="image/jpeg")
    kept = Loa.objects.get()
    assert b"planted" not in Path(site_settings.LOA_DIR, str(kept.file.name)).read_bytes()
    assert kept.received_sha256 not in ("", kept.sha256)


def test_a_base64_part_full_of_blanks_is_read_in_bounds_u26(order: ImportOrder) -> None:
    """Sixteen megabytes of blanks in one part: refused like any other file, and quickly.

    The blanks part a group of four: a reader must not look for its end byte by byte.
    """
    invitation = invited(order)
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="letter.pdf"\r\n'
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF)
    answer = visitor(invitation).post(
        address(invitation, "upload/"),
        head + b"JVBERi0xL" + b" " * 16_000_000 + b"jQK\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert answer.status_code == 422
    assert after.ru_utime - before.ru_utime < 5
    assert after.ru_maxrss - before.ru_maxrss < 150_000  # KiB


def test_staff_look_at_the_pages_and_that_is_recorded(
    order: ImportOrder, support: User, sign_in: Callable[[User], Client]
) -> None:
    invitation = invited(order)
    kept = uploaded(visitor(invitation), invitation)
    desk = sign_in(support)
    assert desk.get(f"/admin/numbers/loa/{kept.pk}/pages/").status_code == 200
    assert not LoaOpening.objects.exists()
    for _ in range(2):
        assert desk.get(f"/admin/numbers/loa/{kept.pk}/pages/1/").status_code == 200
    assert list(LoaOpening.objects.values_list("loa", "person")) == [(kept.pk, support.pk)]
    assert desk.get(f"/admin/numbers/loa/{kept.pk}/pages/2/").status_code == 404
