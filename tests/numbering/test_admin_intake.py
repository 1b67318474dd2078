"""The pages of number files: upload, rehearsal, taking over, and the file of refused rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from numbering.models import Export, Intake, Job, TelephoneNumber
from numbering.worker import run_due
from tests import builders
from tests.numbering.test_number_list import workbook

pytestmark = pytest.mark.django_db
ADD = "/admin/numbers/intake/add/"


@pytest.fixture
def client(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which support is signed in."""
    return sign_in(support)


def upload(client: Client, content: bytes, name: str = "numbers.csv") -> Any:
    return client.post(ADD, {"file": SimpleUploadedFile(name, content)})


def page(client: Client, intake: Intake, **query: str) -> str:
    response = client.get(f"/admin/numbers/intake/{intake.pk}/change/", query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_file_goes_from_upload_to_the_inventory(client: Client, support: User) -> None:
    owner = builders.subscriber(name="Corner & Sons")
    one, two = builders.fresh_numbers(2)
    rows = f"number,subscriber,note\n{one},Corner & Sons,<b>\n{two},New Name,=x\n,,\n"
    response = upload(client, rows.encode(), "a<b>.csv")
    intake = Intake.objects.get()
    assert response["Location"] == f"/admin/numbers/intake/{intake.pk}/change/"
    live = f"/admin/numbers/intake/{intake.pk}/live/"
    assert "<progress" in page(client, intake)
    assert client.get(live).status_code == 200
    run_due()
    assert client.get(live).status_code == 286

    shown = page(client, intake)
    assert "1 will be added, 0 changed, 0 are so already, 1 refused." in shown
    assert "1 empty row passed over" in shown
    assert "Not used: <code>note</code>" in shown
    assert 'href="/admin/numbers/subscriber/add/?name=New+Name"' in shown
    assert "a&lt;b&gt;.csv" in shown
    assert "Take over the good rows" in shown
    do = f"/admin/numbers/intake/{intake.pk}/do/"
    asked = client.get(f"{do}commit/").content.decode()
    assert "the nightly compare checks these numbers" in asked
    assert TelephoneNumber.objects.count() == 0

    # Without the rehearsal that was seen, or with another one, nothing begins.
    for stale in (
        "",
        "?read=x",
        "?read=2026-02-31T00:00",
        "?read=2026-01-01T00:00:00%2B00:00",
        "?read=9999-12-31T23:59:59-23:59",
        "?read=0001-01-01T00:00:00%2B23:59",
    ):
        said = client.post(f"{do}commit/{stale}", follow=True).content.decode()
        assert "Nothing was begun" in said, stale
    assert not Job.objects.filter(kind="commit_intake").exists()
    intake.refresh_from_db()
    assert intake.read_at is not None
    client.post(f"{do}commit/?read={quote(intake.read_at.isoformat())}")
    assert "<progress" in page(client, intake)
    run_due()
    assert "1 were added, 0 changed, 0 were so already, 1 refused." in page(client, intake)
    number = TelephoneNumber.objects.get()
    assert (number.subscriber, number.events.get().actor) == (owner, support)
    assert "already" in client.post(f"{do}discard/", follow=True).content.decode()

    refused = client.post(f"/admin/numbers/intake/{intake.pk}/refused/")
    lines = b"".join(refused).decode()  # type: ignore[call-overload]
    assert lines == (
        '\ufeff"Reason refused","number","subscriber","note"\r\n'
        '"There is no subscriber “New Name”. Add it, then read the file again.",'
        f'"\'{two}","New Name","\'=x"\r\n'
    )
    assert refused["Content-Disposition"] == f'attachment; filename="refused-{intake.pk}.csv"'
    assert refused["X-Content-Type-Options"] == "nosniff"
    assert refused["Cache-Control"].startswith("private, no-store")
    export = Export.objects.get()
    assert (export.person, export.what, export.rows) == (support, "Refused rows of a<b>.csv", 1)


def test_rows_are_shown_page_by_page_and_by_verdict(client: Client) -> None:
    owner = builders.subscriber()
    own = builders.fresh_numbers(60)
    good = [f"{e164},{owner.name}" for e164 in own]
    upload(client, "\n".join(["number,subscriber", "12,x", *good, "13,x"]).encode())
    run_due()
    intake = Intake.objects.get()
    first, second = page(client, intake), page(client, intake, after="51")
    assert (first.count('<td class="number">5'), "Later ›" in first) == (3, True)
    assert (second.count('badge badge-bad">Refused'), "Later ›" in second) == (1, False)
    refused = page(client, intake, verdict="refused")
    assert ("<td>It has 2 digits" in refused, refused.count("badge badge-bad")) == (True, 2)
    for query in (
        {"verdict": "x", "after": "9" * 30},
        {"verdict": "\x00", "after": "-1"},
        {"after": "²"},
    ):
        assert "Later ›" in page(client, intake, **query)
    listed = client.get("/admin/numbers/intake/?q=numb&state=read").content.decode()
    assert "60 will be added, 0 changed" in listed


def test_a_file_with_the_reason_twice_shows_its_own_numbers(client: Client) -> None:
    (number,) = builders.fresh_numbers(1)
    upload(client, f"Reason refused,Reason refused,number\nOne.,Two.,{number}x\n".encode())
    run_due()
    assert f"{number}x" in page(client, Intake.objects.get())


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose a file"),
        (SimpleUploadedFile("a.csv", b""), "empty"),
        (SimpleUploadedFile("a.csv", b"1" * (2**20 + 1)), "larger than 1 MiB"),
    ],
)
def test_what_is_no_upload_is_said_in_the_form(
    client: Client, settings: Any, file: SimpleUploadedFile | None, words: str
) -> None:
    settings.INTAKE_FILE_MIB = 1
    response = client.post(ADD, {"file": file} if file else {})
    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert not Intake.objects.exists()


def test_a_nameless_part_is_no_file(client: Client) -> None:
    """U14: Django drops it without a word."""
    body = '--b\r\nContent-Disposition: form-data; name="file"; filename=".."\r\n\r\nx\r\n--b--\r\n'
    response = client.generic("POST", ADD, body, content_type="multipart/form-data; boundary=b")
    assert (response.status_code, b"Choose a file" in response.content) == (422, True)


def test_an_upload_that_cannot_be_kept_is_said_in_the_form(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    """U20."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": blocked},
        },
    }
    response = upload(client, b"number\n")
    assert (response.status_code, b"could not be kept" in response.content) == (422, True)
    assert not Intake.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_templates_are_downloads_that_can_be_uploaded(client: Client, kind: str) -> None:
    template = client.get(f"/admin/numbers/intake/template/{kind}/")
    assert template["Content-Disposition"] == f'attachment; filename="numbers.{kind}"'
    upload(client, template.content, f"numbers.{kind}")
    run_due()
    assert Intake.objects.get().counts == {"add": 0, "change": 0, "same": 0, "refused": 1}
    assert client.get("/admin/numbers/intake/template/exe/").status_code == 404


def test_a_hostile_file_name_is_only_text(client: Client) -> None:
    """R15."""
    name = "x" * 300 + "‮=cmd.xlsx"
    upload(client, workbook(("number",), (3032281000,)), name)
    intake = Intake.objects.get()
    run_due()
    intake.refresh_from_db()
    assert len(intake.name) <= 200
    assert intake.storage_name.startswith("intakes/")
    assert "cmd" not in intake.storage_name
    assert (intake.state, intake.counts["refused"]) == ("read", 1)
