"""Hosting requests: the list, a request's own page, and what support can do there."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin, action
from accounts.again import repeated
from accounts.models import User
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.hosting_request_actions import ACTIONS, RequestAction
from numbering.admin.order_list import NumberCount
from numbering.admin.person import person_of
from numbering.domain import hosting_requests, invitations
from numbering.domain.customer_words import WITH_US
from numbering.domain.error_help import help_for, unknown_help
from numbering.domain.import_orders import CannotDo
from numbering.enums import HostingRequestState, InvitationPurpose, RequestPart, WhoActs
from numbering.models import ErrorHelp, HostingRequest, HostingRequestNumber
from numbering.review_forms import RequestLinkForm

_REVIEW = "numbers.review_hostingrequest"
_NUMBERS_PER_PAGE = 50
_UNPROCESSABLE = 422
_WITH_US_HELP = ErrorHelp(
    meaning="It is in service here already, or in an import order that is still open.",
    who_acts=WhoActs.SUPPORT,
    fix="Search for it under Telephone numbers and Import orders.",
)


@admin.register(HostingRequest)
class HostingRequestAdmin(NumberCount, ReadOnlyAdmin):
    """What customers asked for: read, then accepted, sent back or declined."""

    empty_hint = (
        "A hosting request is what a customer fills in to have numbers hosted. Send a request link."
    )
    list_display = (
        "business",
        "state_badge",
        "number_count",
        "asked_by",
        "state_changed_at",
        "order",
    )
    list_filter = (choice_filter(HostingRequestState, "state", "State"),)
    list_select_related = ("order",)
    search_fields = ("business_name", "contact_email", "contact_name", "numbers__e164")
    search_help_text = "Business, name, e-mail or telephone number"
    actions_list = ("send_link",)
    ordering = ("-pk",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Whether the person may send links to customers."""
        return request.user.has_perm("numbers.send_invitation")

    @admin.display(description="Business", ordering="business_name")
    def business(self, hosting: HostingRequest) -> str:
        """The business, or who asks while there is none yet."""
        return hosting.business_name or hosting.contact_name or str(hosting)

    @admin.display(description="State", ordering="state")
    def state_badge(self, hosting: HostingRequest) -> SafeString:
        """The state as a badge."""
        return _state_badge(hosting)

    @admin.display(description="Asked by", ordering="contact_email")
    def asked_by(self, hosting: HostingRequest) -> str:
        """Whom the link went to."""
        return hosting.contact_email

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of a request's page and its actions."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:request_id>/change/",
                wrap(self.page_view),
                name="numbers_hostingrequest_change",
            ),
            path(
                "<int:request_id>/do/<slug:name>/",
                wrap(self.action_view),
                name="numbers_hostingrequest_do",
            ),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, request_id: int) -> HttpResponse:
        """Show the request with the verdict on each number."""
        hosting = self._request(request, request_id)
        may = request.user.has_perm(_REVIEW)
        page = Paginator(hosting.numbers.all(), _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": str(hosting),
            "subtitle": None,
            "opts": self.opts,
            "hosting": hosting,
            "state_badge": _state_badge(hosting),
            "part": _part_label(hosting),
            "actions": [one for one in ACTIONS.values() if may and hosting.state in one.states],
            "page": page,
            "lines": _lines(page),
            "invitations": (
                hosting.invitations.select_related("created_by")
                if request.user.has_perm("numbers.view_invitation")
                else None
            ),
        }
        return TemplateResponse(request, "admin/numbers/hostingrequest/request.html", context)

    def action_view(self, request: HttpRequest, request_id: int, name: str) -> HttpResponse:
        """Do one of the page's actions: GET asks first, POST does it."""
        hosting = self._request(request, request_id)
        chosen = ACTIONS.get(name)
        if chosen is None:
            raise Http404
        if not request.user.has_perm(_REVIEW):
            raise PermissionDenied
        if request.method != "POST":
            return self._ask(request, hosting, chosen)
        form = chosen.form(request.POST, hosting=hosting) if chosen.form else None
        if hosting.state not in chosen.states:
            messages.error(
                request,
                f"Nothing was changed: the request is {hosting.get_state_display().lower()} now.",
            )
            return _to_page(hosting)
        if form is not None and not form.is_valid():
            return self._ask(request, hosting, chosen, form=form, status=_UNPROCESSABLE)
        try:
            order = chosen.run(request, hosting, person_of(request), form)
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            if order is not None:
                return HttpResponseRedirect(
                    reverse("admin:numbers_importorder_change", args=[order.pk])
                )
        return _to_page(hosting)

    @action(description="Send a request link", permissions=["send"], icon="forward_to_inbox")
    def send_link(self, request: HttpRequest) -> HttpResponse:
        """Ask for name and e-mail, then begin a request and mail the link to fill it in."""
        form = RequestLinkForm(request.POST if request.method == "POST" else None)
        back = reverse("admin:numbers_hostingrequest_changelist")
        if form.is_valid():
            hosting = _begin_and_invite(**form.cleaned_data, actor=person_of(request))
            messages.success(request, f"The link is on its way to {hosting.contact_email}.")
            return HttpResponseRedirect(back)
        return self._form_page(
            request,
            title="Send a request link",
            sentence="The customer gets a mail with a link to say which numbers shall be hosted.",
            form=form,
            back=back,
            status=_UNPROCESSABLE if form.is_bound else 200,
        )

    def _ask(
        self,
        request: HttpRequest,
        hosting: HostingRequest,
        chosen: RequestAction,
        *,
        form: Any = None,
        status: int = 200,
    ) -> HttpResponse:
        return self._form_page(
            request,
            title=chosen.label,
            sentence=chosen.sentence,
            form=form or (chosen.form(hosting=hosting) if chosen.form else None),
            lines=chosen.lines(hosting),
            back=reverse("admin:numbers_hostingrequest_change", args=[hosting.pk]),
            hosting=hosting,
            busy=chosen.busy,
            status=status,
        )

    def _form_page(
        self, request: HttpRequest, *, title: str, status: int, **context: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(
            request, "admin/numbers/hostingrequest/ask.html", context, status=status
        )

    def _request(self, request: HttpRequest, request_id: int) -> HostingRequest:
        if not self.has_view_permission(request):
            raise PermissionDenied
        hosting = (
            HostingRequest.objects.select_related(
                "subscriber", "order", "started_by", "reviewed_by"
            )
            .filter(pk=request_id)
            .first()
        )
        if hosting is None:
            raise Http404
        return hosting


@repeated
def _begin_and_invite(*, name: str, email: str, actor: User) -> HostingRequest:
    hosting = hosting_requests.start(subscriber=None, email=email, name=name, actor=actor)
    invitations.invite(
        purpose=InvitationPurpose.HOST, email=email, name=name, request=hosting, actor=actor
    )
    return hosting


def _to_page(hosting: HostingRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:numbers_hostingrequest_change", args=[hosting.pk]))


def _state_badge(hosting: HostingRequest) -> SafeString:
    return badge(hosting.state, hosting.get_state_display())


def _part_label(hosting: HostingRequest) -> str:
    return RequestPart(hosting.returned_field).label if hosting.returned_field else ""


def _lines(numbers: Any) -> list[tuple[HostingRequestNumber, SafeString, ErrorHelp | None]]:
    helps = {
        **help_for({("check", row.code) for row in numbers if row.code}),
        ("check", WITH_US): _WITH_US_HELP,
    }
    return [
        (
            row,
            badge(row.status, row.get_status_display()),
            (helps.get(("check", row.code)) or unknown_help("check", row.code, row.description))
            if row.code
            else None,
        )
        for row in numbers
    ]
