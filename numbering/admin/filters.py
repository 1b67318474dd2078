"""Filters with fixed choices, named for the question that support was just asked."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from numbering.domain import number_order_results, removal_results, results
from numbering.domain.home import orders_to_retry
from numbering.domain.number_order_results import doubted
from numbering.domain.radar import stuck_orders
from numbering.domain.seen_to import short_orders, short_removals
from numbering.domain.unclear_orders import slow, unclear
from numbering.enums import ImportOrderStatus, LoaUploadState
from numbering.models import ImportOrder, Loa, NumberOrder, RemovalOrder


class OrderQuestion(SimpleListFilter):
    """What is somebody asking about import orders?"""

    title = "Question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the questions."""
        return [
            ("stuck", "What is stuck?"),
            ("retry", "What has failed numbers to try again?"),
            ("trouble", "What is in trouble?"),
            ("without_loa", "What has no LOA?"),
            ("unclear", "What does the carrier not bring to an end?"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ImportOrder]
    ) -> QuerySet[ImportOrder]:
        """Answer the question."""
        match self.value():
            case "stuck":
                return queryset.filter(pk__in=stuck_orders().values("pk"))
            case "retry":
                return queryset.filter(pk__in=orders_to_retry().values("pk"))
            case "trouble":
                return queryset.exclude(trouble="")
            case "unclear":
                return queryset.filter(pk__in=unclear(results.FOLLOWER).values("pk"))
            case "without_loa":
                return queryset.filter(loa_coverage__isnull=True).exclude(
                    status=ImportOrderStatus.CANCELLED
                )
        return queryset


class NumberOrderQuestion(SimpleListFilter):
    """What is somebody asking about orders for numbers?"""

    title = "Question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the questions."""
        return [
            ("doubted", "What is finished without all of its numbers named?"),
            ("unclear", "What does the carrier not bring to an end?"),
            ("slow", "What takes long?"),
            ("short", "What brought fewer numbers than asked for?"),
            ("trouble", "What is in trouble?"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[NumberOrder]
    ) -> QuerySet[NumberOrder]:
        """Answer the question."""
        match self.value():
            case "doubted":
                return queryset.filter(pk__in=doubted().values("pk"))
            case "unclear":
                return queryset.filter(pk__in=unclear(number_order_results.FOLLOWER).values("pk"))
            case "slow":
                return queryset.filter(pk__in=slow(number_order_results.FOLLOWER).values("pk"))
            case "short":
                return queryset.filter(pk__in=short_orders().values("pk"))
            case "trouble":
                return queryset.exclude(trouble="")
        return queryset


class RemovalQuestion(SimpleListFilter):
    """What is somebody asking about removals and disconnects?"""

    title = "Question"
    parameter_name = "question"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the questions."""
        return [
            ("short", "Of which did numbers stay?"),
            ("unclear", "What does the carrier not bring to an end?"),
            ("slow", "What takes long?"),
            ("trouble", "What is in trouble?"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RemovalOrder]
    ) -> QuerySet[RemovalOrder]:
        """Answer the question."""
        match self.value():
            case "short":
                return queryset.filter(pk__in=short_removals().values("pk"))
            case "unclear":
                return queryset.filter(pk__in=unclear(removal_results.FOLLOWER).values("pk"))
            case "slow":
                return queryset.filter(pk__in=slow(removal_results.FOLLOWER).values("pk"))
            case "trouble":
                return queryset.exclude(trouble="")
        return queryset


class ChoiceFilter(SimpleListFilter):
    """A filter over a column's fixed choices: no DISTINCT over the whole table."""

    choices_class: Any
    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the column's choices."""
        return list(self.choices_class.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """Filter by the chosen value; an unknown one is no filter."""
        value = self.value()
        if value in self.choices_class.values:
            return queryset.filter(**{self.column: value})
        return queryset


def choice_filter(choices: Any, column: str, title: str) -> type[ChoiceFilter]:
    """Make a filter over `column` with the given choices."""
    return type(
        f"{column.title()}Filter",
        (ChoiceFilter,),
        {"choices_class": choices, "column": column, "parameter_name": column, "title": title},
    )


class LoaUploadFilter(SimpleListFilter):
    """Where is the carrier's copy?"""

    title = "At the carrier"
    parameter_name = "upload"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states of the upload."""
        return list(LoaUploadState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Loa]) -> QuerySet[Loa]:
        """Filter by the state of an upload."""
        if self.value() in LoaUploadState.values:
            return queryset.filter(uploads__state=self.value()).distinct()
        return queryset
