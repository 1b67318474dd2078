"""What the lists of orders have in common: how many numbers each has, and how one is found."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest

from numbering.domain import order_search

if TYPE_CHECKING:
    _Mixin = admin.ModelAdmin[Any]
else:
    _Mixin = object


class NumberCount(_Mixin):
    """A column that says how many numbers each row of a list has.

    They are counted for the rows of the page that is shown. As a part of the list's own query, all
    numbers there are would be counted for each page.
    """

    def counted_numbers(self) -> tuple[QuerySet[Any], str]:
        """Return which numbers count, and the column in which they say whose they are."""
        relation: Any = self.model._meta.get_field("numbers")
        return relation.related_model._default_manager.all(), relation.field.name

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Count for the rows of the page."""
        page = super().get_changelist_instance(request)
        rows: list[Any] = list(page.result_list)
        numbers, column = self.counted_numbers()
        mine = numbers.filter(**{f"{column}__in": [row.pk for row in rows]}).order_by()
        counts = dict(mine.values_list(column).annotate(Count("pk")))
        for row in rows:
            row.number_count = counts.get(row.pk, 0)
        page.result_list = rows
        return page

    @admin.display(description="Numbers")
    def number_count(self, row: Model) -> int:
        """How many numbers it has."""
        return int(getattr(row, "number_count", 0))


class OrderSearch(_Mixin):
    """The search of a list of orders."""

    # Django asks for some, to show the field at all.
    search_fields = ("customer_order_id",)
    search_help_text = "Subscriber, telephone number, our reference or the carrier's order id"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find orders by what people know of them."""
        return order_search.found(queryset, search_term), False
