"""The list of telephone numbers: its rows, its filters and saved views, and choosing from it."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from html import escape
from typing import Any, NamedTuple

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from numbering.admin import number_filters
from numbering.admin.badges import badge
from numbering.admin.person import person_of
from numbering.domain import inventory_list, ledger
from numbering.domain.inventory_list import QUESTIONS, Asked, Listed
from numbering.domain.keyset import Count, Place
from numbering.domain.saved_views import views_for
from numbering.enums import IN_SERVICE, NumberOrigin, NumberState
from numbering.models import SavedView, SipPeer, Subscriber, TelephoneNumber
from numbering.phone import display as shown_number
from numbering.wording import counted


class Row(NamedTuple):
    """A telephone number as a page shows it; every text is written for HTML."""

    number: Listed
    address: SafeString
    shown: SafeString
    state: SafeString
    subscriber_address: SafeString
    subscriber: SafeString
    came_by: SafeString
    place: SafeString
    cover: SafeString
    application: SafeString
    application_cut: SafeString
    last_traffic: SafeString
    carrier: SafeString

    def line(self, *, with_tick: bool) -> SafeString:
        """Return the row of the list, with a box to tick it where something can be done to it.

        Written here, not by the template: there fifty rows of it took half of the page's time.
        """
        tick = ""
        if with_tick:
            tick = (
                f'<td><input type="checkbox" name="{ACTION_CHECKBOX_NAME}" '
                f'value="{self.number.pk}" aria-label="Tick {self.shown}"></td>'
            )
        lock = _LOCKED if self.number.is_locked else _PLAIN
        return SafeString(
            f'<tr>{tick}<td class="number"><a href="{self.address}">{self.shown}</a></td>'
            f"<td>{self.state}{lock}</td>"
            f'<td><a href="{self.subscriber_address}">{self.subscriber}</a></td>'
            f'<td class="wide">{self.came_by}</td>'
            f'<td class="wide">{self.place}</td>'
            f'<td class="wide">{self.cover}</td>'
            f'<td class="wide number" title="{self.application}">{self.application_cut}</td>'
            f'<td class="wide number">{self.last_traffic}</td>'
            f'<td class="wide">{self.carrier}</td></tr>\n'
        )


@dataclass(frozen=True)
class Tab:
    """A view of the list above it: all, a question, or one that somebody has saved."""

    label: str
    query: str
    is_on: bool
    hint: str = ""


def context_of(request: HttpRequest, asked: Asked, *, with_ticks: bool) -> dict[str, Any]:
    """Return what the list shows of the numbers that are asked for."""
    given = request.GET
    place = Place.read(given.get("after", ""), given.get("before", ""), given.get("oldest", ""))
    page = inventory_list.page(asked, place)
    peers = list(SipPeer.objects.all())
    keys = page.keys
    subscriber = None
    if asked.subscriber_id is not None:
        subscriber = Subscriber.objects.filter(pk=asked.subscriber_id).first()
    rows = rows_of(page.numbers, peers, with_cover=request.user.has_perm("numbers.view_loa"))
    # As long as there is nothing to read on it, a page asks for the next one by itself.
    looks_on = keys.is_cut and not rows and not place.is_newer
    return {
        "asked": asked,
        "rows": rows,
        "lines": SafeString("".join(row.line(with_tick=with_ticks) for row in rows)),
        "count": _in_words(page.count),
        "is_cut": keys.is_cut,
        "looked_through": inventory_list.looked_through(keys) if looks_on else None,
        "has_slow_search": _has_slow_search(asked),
        "subscriber": subscriber,
        "filters": number_filters.filters(asked, peers),
        "tabs": tabs_for(request, asked),
        "query": number_filters.query_of(asked),
        "is_filtered": asked != Asked(),
        "newest": number_filters.query_of(asked) if place != Place() else None,
        "newer": number_filters.query_of(asked, before=keys.before) if keys.before else "",
        "older": number_filters.query_of(asked, after=keys.after) if keys.after else "",
        "oldest": number_filters.query_of(asked, oldest=1) if keys.after else "",
        "view_name_length": SavedView._meta.get_field("name").max_length,
        "checkbox": ACTION_CHECKBOX_NAME,
    }


def chosen(request: HttpRequest, asked: Asked) -> QuerySet[TelephoneNumber]:
    """Return the numbers that were ticked, or all that match the list as it was shown."""
    if request.POST.get("select_across") == "1":
        return inventory_list.matching(asked)
    ids = [key for key in request.POST.getlist(ACTION_CHECKBOX_NAME) if number_filters.is_key(key)]
    return TelephoneNumber.objects.filter(pk__in=ids)


def rows_of(numbers: Sequence[Listed], peers: Iterable[SipPeer], *, with_cover: bool) -> list[Row]:
    """Return the rows of a page, with a constant number of questions to the database."""
    places = {(peer.site_id, peer.sip_peer_id): _place_of(peer) for peer in peers}
    hosted = {
        (number.e164, number.subscriber_id)
        for number in numbers
        if number.state == NumberState.HOSTED
    }
    covered = ledger.covered(hosted) if with_cover else set()
    # Written out: to reverse a hundred addresses takes longer than all that is asked here.
    number_pages = reverse("admin:numbers_telephonenumber_changelist")
    subscriber_pages = reverse("admin:numbers_subscriber_changelist")
    zone = timezone.get_current_timezone()
    rows = []
    for number in numbers:
        known = places.get((number.site_id, number.sip_peer_id))
        place, application, application_cut = known or (_ids_of(number), _PLAIN, _PLAIN)
        rows.append(
            Row(
                number=number,
                address=SafeString(f"{number_pages}{number.pk}/change/"),
                shown=_html(shown_number(number.e164)),
                state=_STATES[number.state],
                subscriber_address=SafeString(f"{subscriber_pages}{number.subscriber_id}/change/"),
                subscriber=_html(number.subscriber_name),
                came_by=_CAME_BY[number.origin],
                place=place,
                cover=_cover(number, covered) if with_cover else _PLAIN,
                application=application,
                application_cut=application_cut,
                last_traffic=_day(number.last_traffic_at, zone),
                carrier=_carrier(number, zone),
            )
        )
    return rows


def _place_of(peer: SipPeer) -> tuple[SafeString, SafeString, SafeString]:
    """Return what to call a SIP peer, and its messaging application whole and cut."""
    application = peer.messaging_application
    is_long = len(application) > _APPLICATION_SHOWN
    cut = application[:_APPLICATION_SHOWN] + "…" if is_long else application
    return _html(str(peer)), _html(application), _html(cut)


def tabs_for(request: HttpRequest, asked: Asked) -> list[Tab]:
    """Return the views of the list: all, the questions, the person's own and the shared ones."""
    now = number_filters.query_of(asked)
    person = person_of(request)
    tabs = [Tab("All", "", not now)]
    for query, label in _questions().items():
        tabs.append(Tab(label, query, query == now))
    for view in views_for(person):
        hint = "" if view.person_id == person.pk else f"Saved by {view.person_name}"
        tabs.append(Tab(view.name, view.query, view.query == now, hint or "Saved by you"))
    return tabs


@cache
def _questions() -> dict[str, str]:
    """The label of every question, by the list's address that asks it."""
    return {
        number_filters.query_of(Asked(question=name)): question.label
        for name, question in QUESTIONS.items()
    }


def _has_slow_search(asked: Asked) -> bool:
    """Whether the page was cut short by a search that PostgreSQL has an index for."""
    return connection.vendor != "postgresql" and bool(asked.search)


def _ids_of(number: Listed) -> SafeString:
    return _html(" · ".join(text for text in (number.site_id, number.sip_peer_id) if text))


def _html(text: str) -> SafeString:
    """Write a text for HTML; `django.utils.html` first asks what kind of text it is."""
    return SafeString(escape(text))


# Fifty rows of eight states: each badge is made once.
_STATES = {state.value: badge(state.value, state.label) for state in NumberState}
_CAME_BY = {origin.value: _html(origin.label) for origin in NumberOrigin}
_COVERED = badge("done", "Covered")
_NOT_COVERED = badge("failed", "No LOA")
_PLAIN = SafeString("")
_LOCKED = SafeString(' <span class="badge badge-todo" title="Locked against leaving">Locked</span>')
# An application's id is long; the cell's title has it whole.
_APPLICATION_SHOWN = 9
_NOT_KNOWN = badge("failed", "Not known there")


def _cover(number: Listed, covered: Container[tuple[str, int]]) -> SafeString:
    if number.state != NumberState.HOSTED:
        return _PLAIN
    return _COVERED if (number.e164, number.subscriber_id) in covered else _NOT_COVERED


def _carrier(number: Listed, zone: tzinfo) -> SafeString:
    if number.carrier_read_at is None:
        return _PLAIN
    says = _html(number.carrier_status) if number.carrier_status else _NOT_KNOWN
    if number.carrier_status and number.carrier_differs and number.state in IN_SERVICE:
        says = badge("failed", number.carrier_status)
    read_on = _day(number.carrier_read_at, zone)
    return SafeString(f'{says} <span class="hint number">{read_on}</span>')


def _day(instant: datetime | None, zone: tzinfo) -> SafeString:
    return SafeString(instant.astimezone(zone).date().isoformat() if instant else "")


def _in_words(count: Count) -> str:
    if count.is_about:
        if count.number >= 1_000_000:
            return f"about {count.number / 1_000_000:.1f} million numbers"
        return f"about {round(count.number, -3):,} numbers"
    if count.is_least and not count.number:
        return "none found so far"
    if count.is_least:
        # What is counted up to the limit is at least that; a plus says so.
        return f"{count.number:,}+ numbers"
    return counted(count.number, "number")
