"""LOA files in a bucket: a real server that speaks S3, on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.files.storage import storages
from django.test import Client, override_settings

from accounts.models import User
from numbering.domain import jobs
from numbering.domain import loa as loa_domain
from numbering.domain.cannot_do import CannotDo
from numbering.domain.loa_content import DamagedLoa, StorageAway, read_content
from numbering.loa_storage import LoaBucket
from numbering.models import Alert, ImportOrder, Job, Loa
from numbering.worker import run_due
from tests import builders
from tests.numbering.bucket import BUCKET, BucketServer, bucket_server, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """One server for all tests of this file."""
    with bucket_server(tmp_path_factory.mktemp("bucket")) as running:
        yield running


@pytest.fixture
def use(server: BucketServer, settings: Any) -> Iterator[Callable[..., None]]:
    """Keep LOAs in the bucket, with options that may be wrong."""
    field = Loa._meta.get_field("file")
    present = field.storage

    def with_options(**changes: Any) -> None:
        field.storage = LoaBucket(**server.options(**changes))

    with_options()
    yield with_options
    field.storage = present
    for path in server.files():
        path.unlink()


def received(order: ImportOrder | None = None) -> Loa:
    """Keep a letter."""
    order = order or builders.draft()
    return loa_domain.keep_version(
        subscriber=order.subscriber,
        order=order,
        content=builders.pdf(),
        original_name="letter.pdf",
        content_type="application/pdf",
    )


def keep() -> Job:
    """Let a worker do the night's keeping."""
    jobs.enqueue("keep")
    run_due()
    return Job.objects.filter(kind="keep").latest("pk")


def test_the_settings_lead_to_the_bucket(server: BucketServer) -> None:
    option = {"BACKEND": "numbering.loa_storage.LoaBucket", "OPTIONS": server.options()}
    with override_settings(STORAGES={"default": option}):
        storage = storages["default"]
    assert isinstance(storage, LoaBucket)
    assert (storage.default_acl, storage.querystring_auth) == ("private", True)


def test_a_letter_is_kept_under_a_random_name_read_back_checked_and_deleted(
    use: Callable[..., None], server: BucketServer
) -> None:
    loa = received()
    [path] = server.files()
    assert (path.name, len(path.name)) == (loa.file.name, 32)
    assert read_content(loa) == path.read_bytes()
    assert keep().state == "done"
    loa.refresh_from_db()
    assert (loa.hash_checked_at is not None, loa.is_damaged) == (True, False)
    loa.file.storage.delete(loa.file.name)
    assert server.files() == []


def test_a_changed_or_missing_object_is_not_given_out(
    use: Callable[..., None], server: BucketServer
) -> None:
    loa = received()
    [path] = server.files()
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DamagedLoa, match="not the one"):
        read_content(loa)
    loa.file.storage.delete(loa.file.name)
    with pytest.raises(DamagedLoa, match="missing"):
        read_content(Loa.objects.get(pk=loa.pk))
    assert Alert.objects.get().cause == "loa_damaged"


@pytest.mark.parametrize(
    "trouble",
    [
        {"secret_key": "wrong"},
        {"access_key": "nobody"},
        {"endpoint_url": "away"},
        {"bucket_name": "none"},
    ],
)
def test_a_letter_that_cannot_be_stored_is_refused_in_words_and_leaves_nothing(
    use: Callable[..., None], server: BucketServer, trouble: dict[str, str]
) -> None:
    order = builders.draft()
    use(**_real(trouble))
    with pytest.raises(CannotDo, match="could not be stored, so nothing was kept"):
        received(order)
    assert (Loa.objects.count(), order.loa_coverage.count(), server.files()) == (0, 0, [])
    use()
    assert received(order).version == 1


@pytest.mark.parametrize(
    "trouble", [{"secret_key": "wrong"}, {"access_key": "nobody"}, {"endpoint_url": "away"}]
)
def test_while_the_bucket_is_away_nothing_is_said_of_its_files_and_pages_say_503(
    use: Callable[..., None],
    sign_in: Callable[[User], Client],
    support: User,
    trouble: dict[str, str],
) -> None:
    loa = received()
    use(**_real(trouble))
    loa = Loa.objects.get(pk=loa.pk)
    with pytest.raises(StorageAway):
        read_content(loa)
    desk = sign_in(support)
    desk.raise_request_exception = False
    page = desk.get(f"/admin/numbers/loa/{loa.pk}/file/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    job = keep()
    loa.refresh_from_db()
    assert (job.state, loa.hash_checked_at, loa.is_damaged) == ("waiting", None, False)
    assert not Alert.objects.exists()
    use()
    assert read_content(Loa.objects.get(pk=loa.pk)) == builders.pdf()


def _real(trouble: dict[str, str]) -> dict[str, str]:
    if trouble.get("endpoint_url"):
        return {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    return trouble


def test_nobody_gets_an_object_or_a_list_without_a_signature(
    use: Callable[..., None], server: BucketServer
) -> None:
    """U17."""
    name = received().file.name
    for path in (f"/{BUCKET}/{name}", f"/{BUCKET}/", f"/{BUCKET}?list-type=2", "/"):
        answer = requests.get(server.url + path, timeout=5)
        assert (answer.status_code >= 400, b"%PDF" in answer.content) == (True, False), path
        assert str(name).encode() not in answer.content.replace(path.encode(), b"")


def test_a_signed_link_opens_only_as_long_as_it_lasts(
    use: Callable[..., None], server: BucketServer
) -> None:
    loa = received()
    link = loa.file.storage.url(loa.file.name, expire=1)
    assert requests.get(link, timeout=5).content == builders.pdf()
    time.sleep(1.2)
    assert requests.get(link, timeout=5).status_code >= 400


def test_portal_words_for_a_bucket_that_fails_hold_no_key(use: Callable[..., None]) -> None:
    use(secret_key="wrong-but-still-secret")
    with pytest.raises(OSError) as caught:
        Loa._meta.get_field("file").storage.exists("a")
    assert "secret" not in str(caught.value)
