"""Import orders: the list, the order's own page, and what can be done there."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from accounts.admin_base import PortalModelAdmin
from carrier.errors import CarrierError
from numbering.admin import carrier_files
from numbering.admin.badges import badge
from numbering.admin.filters import OrderQuestion, choice_filter
from numbering.admin.import_order_actions import ACTIONS, OrderAction
from numbering.admin.import_order_page import page_context
from numbering.admin.import_order_report import keep_report, report_of
from numbering.admin.number_filters import is_key
from numbering.admin.order_list import NumberCount, OrderSearch
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import import_orders
from numbering.domain.import_orders import CannotDo
from numbering.enums import EDITABLE, ImportOrderStatus
from numbering.forms import ImportOrderForm
from numbering.models import ImportOrder

# With this status htmx shows the part a last time and stops asking for it.
_ASK_NO_MORE = 286


@admin.register(ImportOrder)
class ImportOrderAdmin(NumberCount, OrderSearch, PortalModelAdmin):
    """Support's workplace: each order answers "where is it and what do I do next?"."""

    empty_hint = (
        "An import order brings a subscriber's numbers onto the carrier. Create the first one."
    )
    form = ImportOrderForm
    list_display = (
        "reference",
        "subscriber",
        "status_badge",
        "number_count",
        "place",
        "status_changed_at",
        "trouble",
    )
    list_filter = (
        choice_filter(ImportOrderStatus, "status", "Status"),
        OrderQuestion,
    )
    list_select_related = ("subscriber", "sip_peer")
    ordering = ("-pk",)
    autocomplete_fields = ("subscriber",)
    add_fieldsets = (
        (None, {"fields": ("subscriber", "sip_peer", ("loa_authorizing_person", "loa_type"))}),
        ("Telephone numbers", {"fields": ("numbers", "numbers_file")}),
    )
    fieldsets = (
        (None, {"fields": ("subscriber", "sip_peer", ("loa_authorizing_person", "loa_type"))}),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the link from a subscriber to its orders."""
        is_ours = lookup == "subscriber" and is_key(value)
        return is_ours or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Order", ordering="pk")
    def reference(self, order: ImportOrder) -> str:
        """The order's name."""
        return str(order)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, order: ImportOrder) -> SafeString:
        """The status as a badge."""
        return badge(order.status, order.get_status_display())

    @admin.display(description="Site and SIP peer")
    def place(self, order: ImportOrder) -> str:
        """Where the numbers shall live."""
        return str(order.sip_peer)

    # --- Draft and details ------------------------------------------------------------------

    def save_model(
        self, request: HttpRequest, obj: ImportOrder, form: "ModelForm[Any]", change: bool
    ) -> None:
        """Create the draft through the domain, or save changed details of one."""
        person = person_of(request)
        if change:
            if not form.changed_data:
                return
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            import_orders.change_details(obj, changes, actor=person)
            return
        assert isinstance(form, ImportOrderForm)
        numbers = form.read_numbers()
        order, held = import_orders.create_draft(
            subscriber=obj.subscriber,
            sip_peer=obj.sip_peer,
            loa_authorizing_person=obj.loa_authorizing_person,
            loa_type=obj.loa_type,
            rows=numbers.good,
            actor=person,
        )
        obj.pk = order.pk
        obj.refresh_from_db()
        keep_report(request, order, numbers, held)

    def response_add(
        self, request: HttpRequest, obj: ImportOrder, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the order's page, which says what was read."""
        messages.success(request, f"{obj} was created as a draft.")
        return self._to_page(obj.pk)

    def response_change(self, request: HttpRequest, obj: ImportOrder) -> HttpResponse:
        """Go back to the order's page."""
        messages.success(request, "The details were saved.")
        return self._to_page(obj.pk)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Details may be changed while the order is a draft."""
        may = super().has_change_permission(request, obj)
        return may and (not isinstance(obj, ImportOrder) or obj.status in EDITABLE)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer one button: saving always leads to the order's page."""
        context.update(show_save_and_add_another=False, show_save_and_continue=False)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- The order's page -------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the page's parts and actions."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/change/", wrap(self.page_view), name="numbers_importorder_change"),
            path("<int:order_id>/live/", wrap(self.live_view), name="numbers_importorder_live"),
            path(
                "<path:object_id>/details/",
                wrap(self.details_view),
                name="numbers_importorder_details",
            ),
            path(
                "<int:order_id>/do/<slug:name>/",
                wrap(self.action_view),
                name="numbers_importorder_do",
            ),
            *carrier_files.urls(),
            *super().get_urls(),
        ]

    def details_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Edit the details of a draft with the usual form."""
        try:
            return super().changeform_view(request, object_id)
        except CannotDo as error:  # it was sent while the form was open
            messages.error(request, str(error))
            return self._to_page(int(object_id))

    def page_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the order."""
        order = self._order(request, order_id)
        context = {
            **self.admin_site.each_context(request),
            **page_context(request, order),
            "title": str(order),
            "subtitle": None,
            "opts": self.opts,
            "report": report_of(request, order),
        }
        return TemplateResponse(request, "admin/numbers/importorder/order.html", context)

    def live_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Give the part of the page that changes by itself while the order is on its way."""
        order = self._order(request, order_id)
        context = page_context(request, order)
        return TemplateResponse(
            request,
            "admin/numbers/importorder/live.html",
            context,
            status=200 if context["is_in_motion"] else _ASK_NO_MORE,
        )

    def action_view(self, request: HttpRequest, order_id: int, name: str) -> HttpResponse:
        """Do one of the page's actions: GET asks first, POST does it."""
        order = self._order(request, order_id)
        action = ACTIONS.get(name)
        if action is None:
            raise Http404
        if not request.user.has_perm(action.right):
            raise PermissionDenied
        if request.method != "POST":
            return self._confirm(request, order, action)
        form = action.form(request.POST, request.FILES) if action.form else None
        if form is not None and not form.is_valid():
            return self._confirm(request, order, action, form=form, status=422)
        try:
            outcome = action.run(request, order, person_of(request), form)
        except CannotDo as error:
            messages.error(request, str(error))
        except (CarrierError, CarrierNotConfigured) as error:
            messages.error(
                request, f"Nothing was changed: the order is where it was. {in_words(error)}"
            )
        else:
            if isinstance(outcome, ImportOrder):
                return self._to_page(outcome.pk)
        return self._to_page(order.pk)

    def _confirm(
        self,
        request: HttpRequest,
        order: ImportOrder,
        action: OrderAction,
        *,
        form: Any = None,
        status: int = 200,
    ) -> HttpResponse:
        initial = action.initial(order) if action.initial else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{order}: {action.label}",
            "opts": self.opts,
            "order": order,
            "action": action,
            "form": form or (action.form(initial=initial) if action.form else None),
            "preview": action.preview(order) if action.preview else None,
        }
        return TemplateResponse(
            request, "admin/numbers/importorder/confirm.html", context, status=status
        )

    def _order(self, request: HttpRequest, order_id: int) -> ImportOrder:
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = (
            ImportOrder.objects.select_related("subscriber", "sip_peer", "created_by")
            .filter(pk=order_id)
            .first()
        )
        if order is None:
            raise Http404
        return order

    def _to_page(self, order_id: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:numbers_importorder_change", args=[order_id]))
