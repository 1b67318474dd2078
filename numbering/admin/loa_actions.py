"""What can be done on an LOA's page: make it a blanket, put it on legal hold or lift that."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.admin_base import TextInputWidget
from numbering.admin.person import person_of
from numbering.domain import blanket, keeping
from numbering.domain.cannot_do import CannotDo
from numbering.enums import LoaScope
from numbering.models import Loa
from numbering.validators import validate_plain_text


class BlanketForm(forms.Form):
    """Until when the LOA speaks for every number."""

    expires_on = forms.DateField(
        label="Covers every number until",
        widget=TextInputWidget(attrs={"type": "date"}),
        help_text="The last day on which it is good, as the letter says.",
        error_messages={"required": "Give the last day on which the letter is good."},
    )


class HoldForm(forms.Form):
    """Why an LOA is held, or no longer."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="It stays in the evidence, with your name.",
    )


# The right that each of the two needs.
LINKS = {"numbers.confirm_loa": "blanket", "numbers.hold_loa": "hold"}


def links(loa: Loa, rights: set[str]) -> SafeString:
    """The ways to the two, for somebody with these rights."""
    labels = {
        "blanket": "Change until when it covers every number"
        if loa.scope == LoaScope.BLANKET
        else "Make it a blanket LOA",
        "hold": "Lift the legal hold" if loa.is_on_hold else "Put on legal hold",
    }
    return format_html_join(
        SafeString(" · "),
        '<a href="{}">{}</a>',
        (
            (reverse(f"admin:numbers_loa_{name}", args=[loa.pk]), labels[name])
            for right, name in LINKS.items()
            if right in rights
        ),
    )


def urls() -> list[URLPattern]:
    """The addresses of the two."""
    wrap = admin.site.admin_view
    return [
        path("<int:loa_id>/blanket/", wrap(blanket_view), name="numbers_loa_blanket"),
        path("<int:loa_id>/hold/", wrap(hold_view), name="numbers_loa_hold"),
    ]


def blanket_view(request: HttpRequest, loa_id: int) -> HttpResponse:
    """Have an uploaded LOA speak for every number of its subscriber until a day."""
    loa = _loa(request, loa_id, "numbers.confirm_loa")
    first = loa.expires_on or timezone.localdate() + timedelta(days=365)
    form = BlanketForm(request.POST or None, initial={"expires_on": first})
    if request.method == "POST" and form.is_valid():
        expires_on = form.cleaned_data["expires_on"]
        try:
            blanket.mark(loa, expires_on=expires_on, actor=person_of(request))
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"It covers every number until {expires_on:%Y-%m-%d}.")
        return _to_page(loa)
    return _ask(
        request,
        loa,
        form,
        title="Make it a blanket LOA",
        sentence="Say this only after reading the letter: it must speak for every number of the "
        "subscriber. Import orders without an LOA of their own use it until it ends.",
    )


def hold_view(request: HttpRequest, loa_id: int) -> HttpResponse:
    """Put an LOA on legal hold, or lift it."""
    loa = _loa(request, loa_id, "numbers.hold_loa")
    form = HoldForm(request.POST or None)
    lifting = loa.is_on_hold
    if request.method == "POST" and form.is_valid():
        try:
            keeping.set_hold(
                loa,
                is_on_hold=not lifting,
                reason=form.cleaned_data["reason"],
                actor=person_of(request),
            )
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Legal hold lifted." if lifting else "On legal hold.")
        return _to_page(loa)
    return _ask(
        request,
        loa,
        form,
        title="Lift the legal hold" if lifting else "Put on legal hold",
        sentence="It will be purged when its time is over."
        if lifting
        else "It is kept, whatever its time, until the hold is lifted.",
    )


def _ask(
    request: HttpRequest, loa: Loa, form: forms.Form, *, title: str, sentence: str
) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": title,
        "sentence": sentence,
        "loa": loa,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "admin/numbers/loa/ask.html", context, status=status)


def _loa(request: HttpRequest, loa_id: int, right: str) -> Loa:
    if not request.user.has_perm(right):
        raise PermissionDenied
    loa = Loa.objects.select_related("subscriber").filter(pk=loa_id).first()
    if loa is None:
        raise Http404
    return loa


def _to_page(loa: Loa) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:numbers_loa_change", args=[loa.pk]))
