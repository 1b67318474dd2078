"""The help for carrier codes: there from the start, right within its operation, kept as edited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from carrier.sandbox import Sandbox
from numbering.domain import import_orders
from numbering.domain.error_help import help_for, unknown_help
from numbering.enums import WhoActs
from numbering.error_help_table import ERROR_HELP
from numbering.models import ErrorHelp
from tests import builders
from tests.numbering import steps

pytestmark = pytest.mark.django_db
CHECK_CARDS = [f"90{number:02}" for number in (*range(1, 11), 12, 14)]
ORDER_CARDS = ["7518", "5158", "5074", "5076", "5150"]


def test_a_new_installation_has_the_whole_table() -> None:
    stored = set(ErrorHelp.objects.values_list("operation", "code", "meaning", "who_acts", "fix"))
    table = {(row.operation, row.code, row.meaning, row.who_acts, row.fix) for row in ERROR_HELP}
    assert stored == table
    assert len(table) == len({(row.operation, row.code) for row in ERROR_HELP}) == len(ERROR_HELP)


def test_every_row_of_the_table_fits_and_says_who_acts() -> None:
    for row in ErrorHelp.objects.all():
        row.full_clean()
    sentences = [text for row in ERROR_HELP for text in (row.meaning, row.fix)]
    assert [text for text in sentences if text[-1] not in ".?!"] == []


@pytest.mark.parametrize("line", CHECK_CARDS)
def test_every_code_of_the_check_has_help(at_carrier: Sandbox, line: str) -> None:
    order = builders.draft(steps.card(line))
    import_orders.check(order, actor=None)
    row = order.numbers.get()
    assert row.status == "blocked"
    assert list(help_for({(row.operation, row.code)})) == [("check", f"19{line[1:]}")]


@pytest.mark.parametrize("code", ORDER_CARDS)
def test_every_code_of_an_order_has_help(code: str) -> None:
    assert list(help_for({("import", code)})) == [("import", code)]


@pytest.mark.parametrize(
    ("operation", "codes"),
    [
        (
            "search",
            "4000 4001 4002 4003 4004 4005 4006 4007 4008 4009 4010 4011 4014 4020 4021 4022 4023 "
            "4024 5002",
        ),
        (
            "order",
            "5002 5003 5005 5007 5008 5012 5016 5017 5018 5020 5022 5023 5040 5041 5042 5043 5044 "
            "5045 5046 5047 5051 5052 5060 5062 5090 5093 5094 5095 5183 5211 5213 5214 5215 5217 "
            "5218 5257",
        ),
        (
            "disconnect",
            "5001 5006 5008 5012 5051 5052 5070 5071 5072 5073 5074 5075 5076 5077 5084 5085 5093 "
            "5094 5095 5097 5164 5218",
        ),
    ],
)
def test_every_code_of_numbers_of_our_own_has_help(operation: str, codes: str) -> None:
    wanted = {(operation, code) for code in codes.split()}
    assert set(help_for(wanted)) == wanted


def test_the_same_code_means_what_it_means_in_its_operation() -> None:
    ErrorHelp.objects.create(
        operation="loa", code="7518", meaning="Another thing.", who_acts="support", fix="Wait."
    )
    found = help_for({("loa", "7518"), ("import", "7518"), ("check", "7518")})
    assert sorted(found) == [("import", "7518"), ("loa", "7518")]
    assert found["loa", "7518"].meaning == "Another thing."
    assert found["import", "7518"].meaning != "Another thing."


def test_help_for_many_codes_is_one_question(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    codes = {(row.operation, row.code) for row in ERROR_HELP}
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert set(help_for(codes)) == codes


def test_a_code_without_help_shows_the_carriers_words_and_sends_to_support() -> None:
    shown = unknown_help("import", "1", "Something odd " * 50)
    assert (shown.meaning, shown.who_acts) == (("Something odd " * 50)[:200], WhoActs.SUPPORT)
    assert unknown_help("import", "", "").meaning == "The carrier gave no reason."


def test_staff_write_help_and_it_is_shown(
    support: User, sign_in: Callable[[User], Client], at_carrier: Sandbox
) -> None:
    desk = sign_in(support)
    row = ErrorHelp.objects.get(operation="check", code="19005")
    fields = {
        "operation": "check",
        "code": "19005",
        "meaning": "Our own words.",
        "who_acts": "carrier",
        "fix": "Our own advice.",
    }
    desk.post(f"/admin/numbers/errorhelp/{row.pk}/change/", fields)
    order = builders.draft(steps.card("9005"))
    import_orders.check(order, actor=None)
    [line] = desk.get(f"/admin/numbers/importorder/{order.pk}/change/").context["lines"]
    assert (line.help.meaning, line.help.fix, line.help.who_acts) == (
        "Our own words.",
        "Our own advice.",
        "carrier",
    )


def test_a_second_help_for_a_code_is_refused(
    support: User, sign_in: Callable[[User], Client]
) -> None:
    fields = {
        "operation": "check",
        "code": "19005",
        "meaning": "m",
        "who_acts": "carrier",
        "fix": "f",
    }
    page = sign_in(support).post("/admin/numbers/errorhelp/add/", fields)
    there = ErrorHelp.objects.filter(operation="check", code="19005")
    assert (page.status_code, there.count()) == (200, 1)
