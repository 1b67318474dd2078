"""Views of a list that people have kept: each person's own, and those shared with everybody."""

from typing import NamedTuple

from django.db.models import Q

from accounts.again import repeated
from accounts.models import User
from numbering.domain.cannot_do import CannotDo
from numbering.models import SavedView

MOST_VIEWS = 30


class View(NamedTuple):
    """A saved view as the list offers it: the list's address that it is, and who saved it."""

    name: str
    query: str
    person_id: int
    person_name: str


def views_for(person: User) -> list[View]:
    """Return the person's own views and those that others share, by name."""
    views = SavedView.objects.filter(Q(person=person) | Q(is_shared=True))
    rows = views.values_list("name", "query", "person_id", "person__name", "person__email")
    return [
        View(name, query, person_id, person_name or email)
        for name, query, person_id, person_name, email in rows
    ]


@repeated
def save(*, person: User, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep a view under a name; the person's own one of that name is replaced.

    Raises CannotDo when the person has too many, or the view is too long to be kept.
    """
    own = SavedView.objects.filter(person=person)
    if len(query) > (SavedView._meta.get_field("query").max_length or 0):
        raise CannotDo("This view asks for too much to be kept. Make its search shorter.")
    if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
        raise CannotDo(f"You have {MOST_VIEWS} views. Delete one that you no longer need.")
    view, _ = SavedView.objects.update_or_create(
        person=person, name=name, defaults={"query": query, "is_shared": is_shared}
    )
    return view


@repeated
def change(view: SavedView, *, name: str, is_shared: bool) -> None:
    """Give a view another name, and share it or no longer. Raises CannotDo for a name in use."""
    if SavedView.objects.filter(person=view.person, name=name).exclude(pk=view.pk).exists():
        raise CannotDo(f"You have another view with the name {name}.")
    SavedView.objects.filter(pk=view.pk).update(name=name, is_shared=is_shared)
