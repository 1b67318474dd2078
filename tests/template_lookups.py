"""A page that asks one of our objects for what it does not have fails its test.

Templates show nothing for what is missing, so a renamed field would empty a page without a word.
"""

import logging
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.options import BaseModelAdmin

# The theme asks these for what only some of them have.
_ASKED_BY_THE_THEME = (BaseModelAdmin, AdminSite)
_NAMES_OF_THE_THEME = frozenset({"avatar_url", "get_inline_title"})
_OURS = frozenset({"accounts", "carrier", "messaging", "numbering", "portal", "reports"})


def refuse_missing() -> None:
    """Listen to Django's log of template variables that were not found, until it is set up anew."""
    logger = logging.getLogger("django.template")
    if logger.level != logging.DEBUG:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
        logger.addFilter(_refuse)


def _refuse(record: logging.LogRecord) -> bool:
    """Raise AssertionError where the object that lacks the name is ours; keep the rest unsaid.

    To write it down would turn what a page holds into text, and ask the database for it.
    """
    error: Any = record.exc_info[1] if record.exc_info else None
    name, holder = (*getattr(error, "params", ()), None, None)[:2]
    is_ours = type(holder).__module__.partition(".")[0] in _OURS
    is_theirs = name in _NAMES_OF_THE_THEME or isinstance(holder, _ASKED_BY_THE_THEME)
    if is_ours and not is_theirs:
        raise AssertionError(f"{type(holder).__qualname__} has no {name}: {record.args}") from None
    return False
