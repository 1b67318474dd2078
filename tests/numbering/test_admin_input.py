"""Whatever arrives at the staff's pages, the answer is a page: never a fault of ours."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.admin_base import PortalModelAdmin
from accounts.models import User
from accounts.rights import Role
from numbering.models import ImportOrder, Subscriber, TelephoneNumber
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carrier_away")]

LISTS = sorted(
    str(model._meta.model_name)
    for model in admin.site._registry
    if model._meta.app_label == "numbers"
)
# The list of telephone numbers is a page of our own.
STOCK_LISTS = [
    model
    for model, page in admin.site._registry.items()
    if isinstance(page, PortalModelAdmin) and model is not TelephoneNumber
]
NASTY_TERMS = (
    "\x00",
    "a\x00b",
    "\ud800",
    "'; DROP TABLE numbers_importorder; --",
    "%",
    "\\",
    "'\"" * 50,
    "9" * 5000,
    "٣٠٣٢٢٨١٠٠٠",
    "² ³",
    "303-228-1000\n",
    "\u202e" + "3032281000",
)
# Words are told apart only where SQL sees them: all of these are just text.
NASTY_QUERIES = (
    "p=x",
    "p=-1",
    "p=99999999999999999999999",
    "p=%00",
    "o=99",
    "o=x.y",
    "o=%00",
    "all=",
    "_popup=1",
    "status=%00",
    "state=nothing",
    "question=nothing",
    "upload=%27",
    "no_such_field=1",
    "subscriber__name__regex=(",
    "subscriber=x",
    "subscriber=%00",
    "subscriber=99999999999999999999",
    "subscriber=-1",
    "pk__in=1,x",
    "e=1",
    "_facets=True",
)
# Each stands for a value that some column, on some database, fails on.
NASTY_LOOKUPS = (
    "{column}=%00",
    "{column}__exact=%00",
    "{column}__startswith=%00",
    "{column}__contains=%00",
    "{column}__contains={{",
    "{column}__a=%00",
    "{column}__isnull=%00",
    "{column}__regex=(",
    "{column}__iregex=[",
    "{column}__gte=9999-12-31T23:59:59-23:59",
    "{column}__lt=0001-01-01T00:00:00%2B23:59",
    "{column}__year=99999999999999999999",
    "{column}__in=99999999999999999999",
    "{column}__id__exact=99999999999999999999",
)
NASTY_IDS = ("x", "0", "-1", "99999999999999999999999", "1_0", "%00", "%20", "_3A", "١", "1.0", "'")


@pytest.fixture
def desk(sign_in: Callable[[User], Client]) -> Client:
    """A browser in which an administrator is signed in; a fault of ours is an answer, 500."""
    client = sign_in(builders.person(Role.ADMIN))
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("model", [TelephoneNumber, *STOCK_LISTS], ids=str)
def test_a_search_for_anything_gives_a_list(desk: Client, model: type[Model]) -> None:
    builders.draft()
    page = reverse(admin_urlname(model._meta, "changelist"))
    found = {
        term[:20]: desk.get(page, {"q": term.encode("utf-8", "surrogatepass")}).status_code
        for term in NASTY_TERMS
    }
    # 302 and 400 are answers as well: too long, or not text at all.
    assert {term: status for term, status in found.items() if status not in (200, 302, 400)} == {}


@pytest.mark.parametrize("model", admin.site._registry, ids=str)
def test_any_page_order_or_filter_that_is_typed_gives_an_answer(
    desk: Client, model: type[Model]
) -> None:
    """Lists that other packages bring are open to nobody."""
    builders.draft()
    page = reverse(admin_urlname(model._meta, "changelist"))
    found = {query: desk.get(f"{page}?{query}").status_code for query in NASTY_QUERIES}
    expected = {200, 302} if isinstance(admin.site._registry[model], PortalModelAdmin) else {403}
    assert set(found.values()) <= expected


@pytest.mark.parametrize("model", STOCK_LISTS, ids=str)
def test_only_the_filters_of_a_list_ask_the_database_something(
    desk: Client, model: type[Model]
) -> None:
    """R17: free lookups, NUL and what is out of range lead back to the list, and that says so."""
    builders.draft()
    page = reverse(admin_urlname(model._meta, "changelist"))
    columns = [field.name for field in model._meta.get_fields()]
    lookups = [ask.partition("=")[::2] for ask in NASTY_LOOKUPS]
    request = desk.get(page).wsgi_request
    allowed = [
        (name.format(column=column), value)
        for column in columns
        for name, value in lookups
        if admin.site._registry[model].lookup_allowed(
            name.format(column=column), unquote(value), request
        )
    ]
    assert allowed == []
    # On the page itself each column once, and each lookup on one list or another.
    pairs = zip(columns, itertools.cycle(NASTY_LOOKUPS), strict=False)
    queries = [ask.format(column=column) for column, ask in pairs]
    queries += ["_to_field=x", "_to_field=%00", "nothing%00=1"]
    answers = {query: desk.get(f"{page}?{query}") for query in queries}
    assert {
        query: answer.status_code
        for query, answer in answers.items()
        if (answer.status_code, answer.get("Location")) != (302, f"{page}?e=1")
    } == {}
    assert desk.get(f"{page}?{queries[0]}&e=1")["Location"] == f"{page}?e=1"
    shown = desk.get(f"{page}?e=1")
    assert shown.status_code == 200
    assert "This is the list without filters." in shown.content.decode()


@pytest.mark.parametrize("model", STOCK_LISTS, ids=str)
def test_what_a_lists_filters_offer_can_be_chosen(desk: Client, model: type[Model]) -> None:
    page = reverse(admin_urlname(model._meta, "changelist"))
    shown = desk.get(page).context["cl"]
    offered = [
        choice["query_string"] for spec in shown.filter_specs for choice in spec.choices(shown)
    ]
    assert len(offered) >= 2 * len(shown.list_filter)
    assert {query: desk.get(page + query).status_code for query in offered} == dict.fromkeys(
        offered, 200
    )


@pytest.mark.parametrize("page", LISTS)
def test_any_id_that_is_typed_gives_an_answer(desk: Client, page: str) -> None:
    parts = ["change", "history", "delete"]
    parts += {"importorder": ["live", "details", "do/check"], "loa": ["file"]}.get(page, [])
    found = {
        f"{part} {nasty}": desk.get(f"/admin/numbers/{page}/{nasty}/{part}/").status_code
        for part in parts
        for nasty in NASTY_IDS
    }
    assert {page: status for page, status in found.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "query", ["page=x", "page=0", "page=99999999999999999999", "numbers=%00", "numbers=zzz"]
)
def test_any_page_of_an_orders_numbers_can_be_typed(desk: Client, query: str) -> None:
    order = builders.draft()
    for part in ("change", "live"):
        response = desk.get(f"/admin/numbers/importorder/{order.pk}/{part}/?{query}")
        assert len(response.context["lines"]) == 1


@pytest.mark.parametrize("term", ["\x00", "\ud800", "x" * 9000, "%"])
def test_the_search_across_pages_takes_anything(desk: Client, term: str) -> None:
    for path in ("/admin/search/", "/admin/autocomplete/"):
        response = desk.get(
            path,
            {
                "s": term.encode("utf-8", "surrogatepass"),
                "term": term.encode("utf-8", "surrogatepass"),
                "app_label": "numbers",
                "model_name": "importorder",
                "field_name": "subscriber",
            },
        )
        assert response.status_code < 500


@pytest.mark.parametrize(
    "pasted",
    [
        "\x00",
        "\ud800 303-228-1000",
        "\n" * 100_000,
        "3" * 400_000,
        "(" * 10_000,
        "<script>alert(1)</script>",
    ],
)
def test_any_text_can_be_pasted_as_numbers(desk: Client, pasted: str) -> None:
    order = builders.draft()
    response = desk.post(
        f"/admin/numbers/importorder/{order.pk}/do/add_numbers/",
        b"numbers=" + quote(pasted.encode("utf-8", "surrogatepass")).encode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code in (302, 422)
    page = desk.get(f"/admin/numbers/importorder/{order.pk}/change/")
    assert (page.status_code, b"<script>alert" in page.content) == (200, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", b""),
        ("list.csv", b"\x00" * 100),
        ("list.csv", b'"' * 1000),
        ("list.csv", b'"\n' + b"a" * 200_000),
        ("list.xlsx", b"PK\x03\x04 and no more"),
        ("list.xls", b"\xd0\xcf\x11\xe0"),
        ("list.txt", "3032281000".encode("utf-16")),
        ("list.txt", b"\xff\xfe\x00"),
        ("a\x00b.csv", b"303"),
    ],
)
def test_any_file_can_be_uploaded_as_a_list(desk: Client, name: str, content: bytes) -> None:
    order = builders.draft()
    response = desk.post(
        f"/admin/numbers/importorder/{order.pk}/do/add_numbers/",
        {"numbers_file": SimpleUploadedFile(name, content)},
    )
    assert response.status_code in (302, 422)
    assert desk.get(f"/admin/numbers/importorder/{order.pk}/change/").status_code == 200


def test_a_form_of_ten_thousand_fields_is_refused(desk: Client) -> None:
    order = builders.draft()
    response = desk.post(
        f"/admin/numbers/importorder/{order.pk}/do/remove_numbers/",
        {"number": [str(number) for number in range(10_000)]},
    )
    assert (response.status_code, order.numbers.count()) == (400, 1)


def test_a_body_that_is_no_form_changes_nothing(desk: Client) -> None:
    order = builders.draft()
    for content_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        response = desk.generic(
            "POST",
            f"/admin/numbers/importorder/{order.pk}/do/add_numbers/",
            b"--x\r\n\x00\xff",
            content_type=content_type,
        )
        assert response.status_code < 500
    assert order.numbers.count() == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_do_no_action(desk: Client, method: str) -> None:
    order = builders.draft()
    response = desk.generic(method, f"/admin/numbers/importorder/{order.pk}/do/cancel/")
    order.refresh_from_db()
    assert (response.status_code < 500, order.status) == (True, "draft")


def subscriber_form(**fields: Any) -> dict[str, Any]:
    """Fill in the form for a new subscriber, without signers."""
    return {
        "name": "Brightside Dental",
        "house_number": "1420",
        "street_name": "Larimer",
        "city": "Denver",
        "state_code": "CO",
        "zip_code": "80202",
        "loa_signers-TOTAL_FORMS": "0",
        "loa_signers-INITIAL_FORMS": "0",
        "contacts-TOTAL_FORMS": "0",
        "contacts-INITIAL_FORMS": "0",
        **fields,
    }


def test_a_subscriber_is_added(desk: Client) -> None:
    assert desk.post("/admin/numbers/subscriber/add/", subscriber_form()).status_code == 302
    assert Subscriber.objects.get().service_address == "1420 Larimer, Denver, CO 80202"


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        (
            "name",
            "n" * 46,
            "The carrier takes at most 45 characters here (its error 25131); this has 46.",
        ),
        (
            "house_number",
            "12B",
            "The carrier takes digits only here. Put a letter or a fraction (12B, 1/2) into the "
            "suffix.",
        ),
        (
            "house_number",
            "1/2",
            "The carrier takes digits only here. Put a letter or a fraction (12B, 1/2) into the "
            "suffix.",
        ),
        (
            "state_code",
            "XX",
            "Use the two-letter code of a US state or territory, for example CO or NY.",
        ),
        (
            "zip_code",
            "1234",
            "A ZIP code has five digits; put the four extra digits of ZIP+4 beside it.",
        ),
        (
            "zip_code",
            "٨٠٢٠٢",
            "A ZIP code has five digits; put the four extra digits of ZIP+4 beside it.",
        ),
        ("plus_four", "12", "ZIP+4 has exactly four digits."),
        ("city", "Den\nver", "Remove the control characters (line breaks, tabs, NUL)."),
        ("street_name", "Lar\x00imer", "Null characters are not allowed."),
    ],
)
def test_what_the_carrier_would_refuse_is_an_error_at_its_field(
    desk: Client, field: str, text: str, error: str
) -> None:
    response = desk.post("/admin/numbers/subscriber/add/", subscriber_form(**{field: text}))
    errors = response.context["adminform"].errors
    assert list(errors) == [field]
    assert error in errors[field]
    assert Subscriber.objects.count() == 0


def test_texts_of_people_are_escaped_where_they_are_shown(desk: Client) -> None:
    evil = "<script>alert(1)</script>"
    owner = builders.subscriber(name=evil)
    order = builders.draft(subscriber=owner, loa_authorizing_person=evil)
    number = TelephoneNumber.objects.create(
        e164="+13032281000", subscriber=owner, state="hosted", state_changed_at=timezone.now()
    )
    paths = (
        "/admin/",
        "/admin/numbers/importorder/",
        f"/admin/numbers/importorder/{order.pk}/change/",
        f"/admin/numbers/importorder/{order.pk}/details/",
        f"/admin/numbers/importorder/{order.pk}/do/cancel/",
        "/admin/numbers/subscriber/",
        f"/admin/numbers/subscriber/{owner.pk}/change/",
        f"/admin/numbers/telephonenumber/{number.pk}/change/",
    )
    pages = {path: desk.get(path) for path in paths}
    assert [path for path, page in pages.items() if page.status_code != 200] == []
    assert [path for path, page in pages.items() if evil.encode() in page.content] == []


def test_an_order_is_found_by_a_number_however_it_is_written(desk: Client) -> None:
    order = builders.draft("+13032284321")
    builders.draft()
    for term in ("303-228-4321", "(303) 228-4321", "+1 303 228 4321", "13032284321", "2284321"):
        response = desk.get("/admin/numbers/importorder/", {"q": term})
        assert list(response.context["cl"].result_list) == [order], term


def test_a_number_is_found_whole_in_part_and_by_name(desk: Client) -> None:
    owner = builders.subscriber(name="Harbor Freight")
    number = TelephoneNumber.objects.create(
        e164="+13032284321", subscriber=owner, state="hosted", state_changed_at=timezone.now()
    )
    for term in ("303-228-4321", "4321", "+1303228", "harbor"):
        response = desk.get("/admin/numbers/telephonenumber/", {"q": term})
        assert [row.number.pk for row in response.context["rows"]] == [number.pk], term


@pytest.mark.parametrize("chosen", ["\x00", "x", "-1", "9" * 30, "1_0", "٣", ""])
def test_a_choice_that_was_never_offered_is_an_error_at_its_field(
    desk: Client, chosen: str
) -> None:
    fields = {"subscriber": chosen, "sip_peer": chosen, "loa_type": chosen}
    response = desk.post("/admin/numbers/importorder/add/", fields)
    assert (response.status_code, ImportOrder.objects.count()) == (200, 0)
    assert {"subscriber", "sip_peer", "loa_type"} <= set(response.context["adminform"].errors)
