"""LOA files at the staff's desk: taken, refused, given out, brought to the carrier."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import loa
from numbering.models import LoaOpening, LoaUpload
from tests import builders
from tests.numbering import steps
from tests.numbering.desk import do, letter, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(support: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which somebody of support is signed in."""
    return sign_in(support)


def test_a_good_loa_is_kept_and_opens_as_a_sandboxed_attachment(
    desk: Client, support: User
) -> None:
    order = builders.draft()
    content = builders.pdf()
    name = "<img src=x>; filename=evil.html.pdf"
    do(desk, order, "add_loa", file=letter(name, content), signer="Maria Lopez")
    kept = loa.current_loa(order)
    assert kept is not None
    response = desk.get(f"/admin/numbers/loa/{kept.pk}/file/")
    assert response.content == content
    headers = {
        name: response.headers[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Cache-Control",
        )
    }
    assert headers == {
        "Content-Type": "application/pdf",
        "Content-Disposition": f'attachment; filename="loa-{order.subscriber_id}-v1.pdf"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store, max-age=0, no-cache, must-revalidate",
    }
    assert list(LoaOpening.objects.values_list("loa", "person")) == [(kept.pk, support.pk)]
    page = desk.get(f"/admin/numbers/loa/{kept.pk}/change/").content.decode()
    assert (support.name in page, "<img src=x>" in page) == (True, False)


def test_a_file_that_is_no_loa_is_refused_in_words_and_not_kept(desk: Client) -> None:
    order = builders.draft()
    [message] = said(do(desk, order, "add_loa", file=letter(content=b"<html>hello</html>")))
    assert message.startswith("The file was not kept. ")
    assert loa.current_loa(order) is None


@pytest.mark.parametrize("fields", [{}, {"file": ""}])
def test_a_form_without_a_file_says_so(desk: Client, fields: dict[str, str]) -> None:
    response = do(desk, builders.draft(), "add_loa", **fields)
    assert response.status_code == 422
    assert response.context["form"].errors["file"] == ["Choose the file of the signed LOA."]


def test_a_file_that_changed_on_disk_is_not_given_out(desk: Client) -> None:
    order = builders.draft()
    do(desk, order, "add_loa", file=letter())
    kept = loa.current_loa(order)
    assert kept is not None
    with open(kept.file.path, "r+b") as stored:
        stored.seek(10)
        stored.write(b"\x00")
    response = desk.get(f"/admin/numbers/loa/{kept.pk}/file/")
    assert (response.status_code, LoaOpening.objects.count()) == (409, 0)
    assert response.headers["Content-Type"] == "text/plain"


def test_an_loa_that_came_later_is_uploaded_to_the_carrier(
    desk: Client, at_carrier: Sandbox
) -> None:
    order = steps.sent()
    do(desk, order, "add_loa", file=letter())
    assert said(do(desk, order, "upload_loa"))[-1] == "LOA version 1 goes to the carrier."
    steps.work()
    assert LoaUpload.objects.get(order=order).state == "uploaded"
