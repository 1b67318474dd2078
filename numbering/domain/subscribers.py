"""Subscribers as they are looked for."""

from django.db.models import Q, QuerySet

from numbering.models import Subscriber

# So many are named one by one to the database; of more it is told how to find them.
_MOST_NAMED = 200


def named(text: str) -> QuerySet[Subscriber]:
    """Return those whose name has each of the words, in whatever order."""
    words = Q()
    for word in text.split():
        words &= Q(name__icontains=word)
    return Subscriber.objects.filter(words).order_by()


def of_named(text: str) -> Q:
    """Return the condition that a row's subscriber is one of those named."""
    found = named(text).values_list("pk", flat=True)
    ids = list(found[: _MOST_NAMED + 1])
    # Few keys show the planner how little there is to read; many are no use to it.
    return Q(subscriber__in=ids if len(ids) <= _MOST_NAMED else found)
