"""What a number file's page shows: how far it is, what it does, and its rows."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from numbering.admin.badges import badge
from numbering.domain import intake as intakes
from numbering.enums import IntakeState, IntakeVerdict, NumberOrigin
from numbering.intake_file import REASON, Header
from numbering.models import Intake, IntakeRow, Subscriber
from numbering.phone import display
from numbering.wording import counted, lasting

_ROWS = 50
_IN_MOTION = (IntakeState.READING, IntakeState.COMMITTING)
_TONES = {
    IntakeState.READING: "wait",
    IntakeState.READ: "todo",
    IntakeState.UNREADABLE: "bad",
    IntakeState.COMMITTING: "wait",
    IntakeState.COMMITTED: "done",
    IntakeState.DISCARDED: "wait",
}
_ADD, _CHANGE, _SAME, _REFUSED = IntakeVerdict


@dataclass(frozen=True)
class Line:
    """A row of the file as it is shown."""

    row: IntakeRow
    number: str
    verdict: SafeString
    came_by: str


def summary(intake: Intake) -> str:
    """Say what the file does, or has done, in a sentence."""
    if not intake.counts:
        return ""
    counts = {verdict: f"{intake.counts.get(verdict, 0):,}" for verdict in IntakeVerdict}
    if intake.state == IntakeState.COMMITTED:
        return (
            f"{counts[_ADD]} were added, {counts[_CHANGE]} changed, {counts[_SAME]} were so "
            f"already, {counts[_REFUSED]} refused."
        )
    if intake.at_line and intake.state == IntakeState.READ:
        return f"It was taken over up to line {intake.at_line:,} only, which stays."
    return (
        f"{counts[_ADD]} will be added, {counts[_CHANGE]} changed, {counts[_SAME]} are so already, "
        f"{counts[_REFUSED]} refused."
    )


def _state_in_words(intake: Intake) -> str:
    if intake.at_line and intake.state == IntakeState.READ:
        return "Taken over in part"
    return intake.get_state_display()


def page_context(request: HttpRequest, intake: Intake, *, may_decide: bool) -> dict[str, Any]:
    """Return everything that the page and its live part show."""
    is_in_motion = intake.state in _IN_MOTION
    progress = intakes.progress_of(intake) if is_in_motion else None
    is_read = intake.state in (IntakeState.READ, IntakeState.COMMITTED)
    return {
        "intake": intake,
        "state_badge": badge(intake.state, _state_in_words(intake)),
        "sentence": _sentence(intake),
        "tone": _TONES[IntakeState(intake.state)],
        "is_in_motion": is_in_motion,
        "progress": progress,
        "far": _far(progress) if progress else "",
        "empty": counted(intake.rows_empty, "empty row"),
        "all_rows": f"{intake.rows_read:,}",
        "may_decide": may_decide,
        "is_waiting": intake.state == IntakeState.READ,
        "is_open": intake.state in (IntakeState.READING, IntakeState.READ, IntakeState.UNREADABLE),
        "has_good": intakes.has_good(intake),
        "read": urlencode({"read": intake.read_at.isoformat()}) if intake.read_at else "",
        "refused": intake.counts.get(_REFUSED, 0),
        "unused": Header.of(intake.columns).unused if intake.columns else [],
        "missing": _missing(intake) if intake.state == IntakeState.READ else [],
        "reason_heading": REASON,
        **(_rows(request, intake) if is_read else {}),
    }


def _sentence(intake: Intake) -> str:
    match intake.state:
        case IntakeState.READING:
            return "The file is being read. Nothing changes by it."
        case IntakeState.READ:
            if not intake.rows_read:
                return "The file has no rows below its header. Discard it and upload another one."
            if intake.at_line:
                return f"{summary(intake)} Take over the rest, or discard it."
            if intakes.has_good(intake):
                return f"{summary(intake)} Nothing is changed before you take it over."
            return f"{summary(intake)} There is nothing to take over."
        case IntakeState.UNREADABLE:
            return "The file cannot be read. Nothing was changed. Correct it and upload it again."
        case IntakeState.COMMITTING:
            return "The good rows are being taken over."
        case IntakeState.COMMITTED:
            return summary(intake)
    if intake.committed_by_id is not None:
        return "Discarded. What was taken over before stays."
    return "Discarded. Nothing was changed."


def _far(progress: intakes.Progress) -> str:
    if not progress.all:
        return "It begins when other work has had its turn."
    left = f", about {lasting(progress.left.total_seconds())} left" if progress.left else ""
    return f"{progress.done:,} of about {counted(progress.all, 'row')}{left}."


def _missing(intake: Intake) -> list[tuple[str, str, str]]:
    """Return the names that no subscriber has, with rows, and what to add one with."""
    return [
        (name, counted(count, "row"), urlencode({"name": name}))
        for name, count in intakes.missing_subscribers(intake)
    ]


def _rows(request: HttpRequest, intake: Intake) -> dict[str, Any]:
    shown = request.GET.get("verdict", "")
    shown = shown if shown in IntakeVerdict.values else ""
    after = _line(request.GET.get("after", ""))
    rows = intake.rows.filter(line__gt=after)
    if shown:
        rows = rows.filter(verdict=shown)
    page = list(rows.order_by("line")[: _ROWS + 1])
    more = len(page) > _ROWS
    page = page[:_ROWS]
    at = Header.of(intake.columns).used["number"] if page else 0
    names = dict(
        Subscriber.objects.filter(pk__in=[row.subscriber_id for row in page]).values_list(
            "pk", "name"
        )
    )
    for row in page:
        # As it is written here; a name that is not known stands as in the file.
        row.subscriber_name = names.get(row.subscriber_id or 0, row.subscriber_name)
    return {
        "tabs": [
            (verdict.value, verdict.label, f"{intake.counts.get(verdict, 0):,}")
            for verdict in IntakeVerdict
        ],
        "shown": shown,
        "lines": [
            Line(
                row,
                display(row.e164) if row.e164 else row.cells[at] if at < len(row.cells) else "",
                badge(row.verdict, row.get_verdict_display()),
                NumberOrigin(row.origin or NumberOrigin.IMPORT).label
                if row.origin or row.verdict == _ADD
                else "",
            )
            for row in page
        ],
        "is_later_page": bool(after),
        "next": urlencode({"verdict": shown, "after": str(page[-1].line)}) if more else "",
    }


def _line(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
