"""What can be done on an import order's page: each action's words, right, and doing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from accounts.again import repeated
from accounts.models import User
from numbering.admin.import_order_report import keep_report
from numbering.admin.invitation_actions import (
    invite,
    preview_invite,
    resend_invitation,
    whom_to_invite,
    withdraw_invitation,
)
from numbering.domain import (
    import_orders,
    linked_orders,
    loa,
    loa_answers,
    loa_check,
    results,
    submission,
    unclear_orders,
)
from numbering.domain.import_orders import CannotDo
from numbering.domain.radar import escalation_note
from numbering.domain.timeline import note
from numbering.enums import LearnedBy, OrderNumberStatus
from numbering.forms import AdoptForm, ConfirmLoaForm, LoaForm, NumbersForm
from numbering.loa_file import RefusedLoaFile
from numbering.models import ImportOrder
from numbering.phone import NumberKind, display
from numbering.review_forms import RequestLinkForm
from numbering.wording import counted

Run = Callable[[HttpRequest, ImportOrder, User, Any], ImportOrder | None]


@dataclass(frozen=True)
class OrderAction:
    """An action. One with a `warning`, a form or a preview asks on a page of its own first."""

    name: str
    label: str
    right: str
    run: Run
    warning: str = ""
    form: type[Form] | None = None
    preview: Callable[[ImportOrder], dict[str, Any]] | None = None
    # What the form starts with.
    initial: Callable[[ImportOrder], dict[str, Any]] | None = None
    # What the button says while the answer is awaited.
    busy: str = "Working…"

    @property
    def asks_first(self) -> bool:
        """Whether the button leads to a page that asks before anything is done."""
        return bool(self.warning or self.preview or self.form)


def _check(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    counts = import_orders.check(order, actor=person)
    if counts["blocked"] or counts["unanswered"]:
        messages.warning(
            request,
            "{importable} can be imported, {blocked} cannot, {unanswered} got no answer.".format(
                **counts
            ),
        )
    else:
        messages.success(
            request, f"{counted(counts['importable'], 'number')} checked: all can be imported."
        )
    return None


def _submit(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    loa_answers.submit_checked(order, actor=person)
    messages.success(request, "The order is on its way to the carrier; this page shows when it is.")
    return None


def _preview_submit(order: ImportOrder) -> dict[str, Any]:
    return {
        "lines": [
            f"{counted(order.numbers.count(), 'number')} of {order.subscriber}",
            f"Service address: {order.subscriber.service_address}",
            f"To {order.sip_peer}",
            f"Authorized by {order.loa_authorizing_person} ({order.get_loa_type_display()})",
            *_letter_lines(order),
        ],
        "summary": "This is what the carrier gets:",
    }


def _letter_lines(order: ImportOrder) -> list[str]:
    letter = loa_check.letter_of(order)
    if letter is None:
        return [found.sentence for found in loa_check.findings(order)]
    standing = [found.sentence for found in loa_check.findings(order) if found.is_open]
    if standing:
        return [f"The LOA, version {letter.version}, stands against it:", *standing]
    return ["The LOA is here and goes along."]


def _confirm_loa(
    request: HttpRequest, order: ImportOrder, person: User, form: ConfirmLoaForm
) -> ImportOrder | None:
    data: MultiValueDict[str, str] = request.POST
    count = loa_answers.confirm(
        order, data.getlist("finding"), remark=form.cleaned_data["remark"], actor=person
    )
    if count:
        messages.success(request, f"You answer for {counted(count, 'finding')}, by name.")
    else:
        messages.warning(request, "Tick what you have looked at first.")
    return None


def _refresh(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    if not order.carrier_order_id:
        raise CannotDo("The carrier does not have this order yet; there is nothing to read.")
    before = order.status
    record = results.refresh(order, learned_by=LearnedBy.PERSON)
    order.refresh_from_db()
    word = record.raw_status or "nothing"
    if order.status == before:
        messages.info(request, f"The carrier still says {word}.")
    else:
        messages.success(request, f"The carrier says {word}.")
    return None


def _add_loa(
    request: HttpRequest, order: ImportOrder, person: User, form: LoaForm
) -> ImportOrder | None:
    upload = form.cleaned_data["file"]
    try:
        received = loa.receive_loa(
            order=order,
            name=upload.name or "",
            declared_type=upload.content_type or "",
            content=upload.read(),
            signer=form.cleaned_data["signer"],
            signed_on=form.cleaned_data["signed_on"],
            actor=person,
        )
    except RefusedLoaFile as error:
        messages.error(request, f"The file was not kept. {error}")
    else:
        messages.success(request, f"LOA version {received.version} is here.")
    return None


def _upload_loa(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    sent = loa.send_to_carrier(order, actor=person)
    messages.success(request, f"LOA version {sent.version} goes to the carrier.")
    return None


def _retry(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    child = linked_orders.retry_failed(order, actor=person)
    messages.success(request, f"{child} was created with the failed numbers only.")
    return child


def _preview_retry(order: ImportOrder) -> dict[str, Any]:
    failed = order.numbers.filter(status=OrderNumberStatus.FAILED)
    kept = order.numbers.exclude(status=OrderNumberStatus.FAILED).count()
    return {
        "lines": [f"{row}: {row.code} {row.description}" for row in failed[:50]],
        "summary": f"{counted(failed.count(), 'failed number')} into a new draft; "
        f"{counted(kept, 'imported number')} left as they are. You can "
        "change the place and the people before it is checked and submitted.",
    }


def _split(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    other = linked_orders.split(order, actor=person)
    messages.success(request, f"The toll-free numbers are now in {other}.")
    return None


def _preview_split(order: ImportOrder) -> dict[str, Any]:
    kinds = import_orders.kinds_in(order)
    local, toll_free = kinds.get(NumberKind.LOCAL, []), kinds.get(NumberKind.TOLL_FREE, [])
    return {
        "groups": [
            (
                f"{order} keeps {counted(len(local), 'local number')}",
                [display(n) for n in local[:50]],
            ),
            (
                f"A new, linked order gets {counted(len(toll_free), 'toll-free number')}",
                [display(n) for n in toll_free[:50]],
            ),
        ],
        "summary": "Nothing is sent. Both orders stay drafts with the same subscriber, place and "
        "LOA details.",
    }


def _cancel(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    import_orders.cancel(order, actor=person)
    messages.success(request, "The draft was cancelled; its numbers are free.")
    return None


def _add_numbers(
    request: HttpRequest, order: ImportOrder, person: User, form: NumbersForm
) -> ImportOrder | None:
    numbers = form.read_numbers()
    added, held = import_orders.add_numbers(order, numbers.good, actor=person)
    keep_report(request, order, numbers, held)
    if added:
        messages.success(request, f"{counted(added, 'number')} added.")
    elif not numbers.good and not numbers.bad:
        messages.warning(request, "No numbers were given.")
    else:
        messages.warning(request, "No number was added; see below why.")
    return None


def _remove_numbers(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    data: MultiValueDict[str, str] = request.POST
    ids = [int(value) for value in data.getlist("number") if value.isascii() and value.isdigit()]
    removed = import_orders.remove_numbers(order, ids, actor=person)
    if removed:
        messages.success(request, f"{counted(removed, 'number')} removed.")
    else:
        messages.warning(request, "Tick the numbers to remove first.")
    return None


def _remove_blocked(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    removed = import_orders.remove_blocked_numbers(order, actor=person)
    messages.success(request, f"{counted(removed, 'number')} that cannot be imported removed.")
    return None


def _preview_blocked(order: ImportOrder) -> dict[str, Any]:
    blocked = order.numbers.filter(status=OrderNumberStatus.BLOCKED)
    return {
        "lines": [f"{row}: {row.code} {row.description}" for row in blocked[:50]],
        "summary": f"{counted(blocked.count(), 'number')} taken out of this draft, free for "
        "another order.",
    }


def _withdraw(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    submission.withdraw(order, actor=person)
    messages.success(request, "The sending was taken back; nothing had been sent.")
    return None


def _escalate(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    repeated(note)(
        order,
        "The carrier's support was asked about this order.",
        learned_by=LearnedBy.PERSON,
        actor=person,
    )
    messages.success(request, "The timeline says that the carrier's support was asked.")
    return None


def _preview_escalation(order: ImportOrder) -> dict[str, Any]:
    return {
        "text": escalation_note(order),
        "summary": "Copy this into a ticket at the carrier, or read it to them on the phone.",
    }


def _absent(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    submission.confirm_absent(order, actor=person)
    messages.success(request, "Recorded. The order can be submitted again.")
    return None


def _adopt(
    request: HttpRequest, order: ImportOrder, person: User, form: AdoptForm
) -> ImportOrder | None:
    submission.adopt(order, carrier_order_id=form.cleaned_data["carrier_order_id"], actor=person)
    messages.success(request, "The carrier's order was read and adopted.")
    return None


def _end_unclear(
    request: HttpRequest, order: ImportOrder, person: User, _form: Any
) -> ImportOrder | None:
    unclear_orders.end(results.FOLLOWER, order, actor=person)
    messages.success(request, "Ended here.")
    return None


_CHANGE, _SUBMIT = "numbers.change_importorder", "numbers.submit_importorder"
_INVITE = "numbers.send_invitation"

ACTIONS = {
    action.name: action
    for action in (
        OrderAction("check", "Check importability", _CHANGE, _check, busy="Asking the carrier…"),
        OrderAction(
            "submit",
            "Submit to carrier",
            _SUBMIT,
            _submit,
            warning="This orders the import at the carrier. It cannot be taken back once it is "
            "sent.",
            preview=_preview_submit,
            busy="Submitting…",
        ),
        OrderAction(
            "refresh", "Refresh from carrier", _CHANGE, _refresh, busy="Asking the carrier…"
        ),
        OrderAction(
            "add_loa",
            "Add LOA",
            "numbers.add_loa",
            _add_loa,
            form=LoaForm,
            busy="Checking the file…",
        ),
        OrderAction(
            "confirm_loa",
            "I have looked, and answer for it",
            "numbers.confirm_loa",
            _confirm_loa,
            form=ConfirmLoaForm,
        ),
        OrderAction("upload_loa", "Upload LOA to carrier", "numbers.add_loa", _upload_loa),
        OrderAction("retry", "Retry failed numbers", _CHANGE, _retry, preview=_preview_retry),
        OrderAction("split", "Split local and toll-free", _CHANGE, _split, preview=_preview_split),
        OrderAction(
            "cancel",
            "Cancel draft",
            _CHANGE,
            _cancel,
            warning="The draft is given up for good. Its numbers are free for another order.",
        ),
        OrderAction(
            "add_numbers",
            "Add numbers",
            _CHANGE,
            _add_numbers,
            form=NumbersForm,
            busy="Reading the numbers…",
        ),
        OrderAction("remove_numbers", "Remove ticked numbers", _CHANGE, _remove_numbers),
        OrderAction(
            "remove_blocked",
            "Remove these numbers",
            _CHANGE,
            _remove_blocked,
            preview=_preview_blocked,
        ),
        OrderAction(
            "escalate",
            "I have asked the carrier",
            _CHANGE,
            _escalate,
            preview=_preview_escalation,
        ),
        OrderAction(
            "invite",
            "Invite to sign",
            _INVITE,
            invite,
            form=RequestLinkForm,
            preview=preview_invite,
            initial=whom_to_invite,
            busy="Writing the mail…",
        ),
        OrderAction("resend_invitation", "Resend", _INVITE, resend_invitation),
        OrderAction("withdraw_invitation", "Withdraw", _INVITE, withdraw_invitation),
        OrderAction("withdraw", "Take back the sending", _SUBMIT, _withdraw),
        OrderAction(
            "absent",
            "It is not there",
            _SUBMIT,
            _absent,
            warning="Only say this after looking in the carrier's dashboard. If the carrier has "
            "the order after all, submitting again makes a second one. Your name is recorded.",
        ),
        OrderAction(
            "end_unclear",
            "End it here",
            _SUBMIT,
            _end_unclear,
            warning=unclear_orders.BEFORE_END,
            busy="Asking the carrier…",
        ),
        OrderAction(
            "adopt",
            "It is there: adopt its id",
            _SUBMIT,
            _adopt,
            form=AdoptForm,
            busy="Reading the order…",
        ),
    )
}
