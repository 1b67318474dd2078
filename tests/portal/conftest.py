"""What the tests of the site as a whole share."""

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker


@pytest.fixture
def no_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace the connection by one to a database that is not there."""
    present = connections["default"]
    away = type(present)({**present.settings_dict, "NAME": "no-such-folder/db"}, "default")
    connections["default"] = away
    with django_db_blocker.unblock():
        yield
    away.close()
    connections["default"] = present
