"""Who is at work: below the admin's address nobody but a person of ours gets in."""

from django.http import HttpRequest

from accounts.models import User


def person_of(request: HttpRequest) -> User:
    """Return the signed-in person; the staff door lets no one else pass."""
    assert isinstance(request.user, User)
    return request.user
