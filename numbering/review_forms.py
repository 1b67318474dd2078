"""What support fills in about a hosting request: to invite, accept, send back, and decline."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.admin_base import SelectWidget, TextInputWidget
from numbering.enums import LoaType, RequestPart
from numbering.models import HostingRequest, SipPeer, Subscriber
from numbering.validators import validate_plain_text


def _line(label: str, column: str, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=HostingRequest.longest(column),
        validators=[validate_plain_text],
        widget=TextInputWidget,
        **options,
    )


class RequestLinkForm(forms.Form):
    """Whom to send a request link."""

    name = _line("Name", "contact_name")
    email = forms.EmailField(label="E-mail", widget=TextInputWidget(attrs={"type": "email"}))


class AcceptForm(forms.Form):
    """Where an accepted request goes."""

    subscriber = forms.ModelChoiceField(
        Subscriber.objects.none(),
        label="Subscriber",
        required=False,
        empty_label="Make a new subscriber",
        widget=SelectWidget,
        help_text="Those alike by name, or by house number and ZIP code. Name and address become "
        "those of the request.",
    )
    sip_peer = forms.ModelChoiceField(
        SipPeer.objects.none(),
        label="Site and SIP peer",
        widget=SelectWidget,
        error_messages={"required": "Choose where the numbers shall live."},
    )
    loa_type = forms.ChoiceField(
        label="LOA type", choices=LoaType.choices, initial=LoaType.SUBSCRIBER, widget=SelectWidget
    )
    is_contact = forms.BooleanField(
        label="Contact",
        required=False,
        help_text="The person who asked may sign in and see everything of the subscriber.",
    )

    def __init__(
        self, *args: Any, request: HostingRequest, subscribers: QuerySet[Subscriber], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choice, place = self.fields["subscriber"], self.fields["sip_peer"]
        choice.queryset = subscribers  # type: ignore[attr-defined]
        if request.subscriber_id is not None:
            choice.required = True
            choice.empty_label = None  # type: ignore[attr-defined]
            choice.initial = request.subscriber_id
        place.queryset = SipPeer.objects.filter(is_gone=False)  # type: ignore[attr-defined]
        place.initial = SipPeer.objects.filter(is_gone=False, is_default=True).first()


class SendBackForm(forms.Form):
    """What the customer shall correct, and why."""

    part = forms.ChoiceField(
        label="What to correct", choices=RequestPart.choices, widget=SelectWidget
    )
    remark = _line(
        "Remark to the customer",
        "returned_remark",
        help_text="Mailed as it stands: say what is wrong and what you need.",
    )


class DeclineForm(forms.Form):
    """Why not."""

    remark = _line("Reason for the customer", "returned_remark", help_text="Mailed as it stands.")
