"""One event, one log line, without telephone numbers and without keys of mailed links."""

import logging
import re
from typing import Any

import structlog

# Ten digits or more in a row, with or without a leading +: a telephone number or an account.
_NUMBER = re.compile(r"\+?\d{6,}(?=\d{4}(?!\d))")
# What follows these words in an address of ours can open something.
_KEY = re.compile(r"(/(?:link|accounts/email|reset/key)/)(?!sent/)[^/?\s\"'<>]+")


def masked(text: str) -> str:
    """Replace all but the last four digits of every long run of digits, and keys in addresses."""
    return _NUMBER.sub("***", _KEY.sub(r"\1***", text))


class Mask(logging.Filter):
    """Mask the finished message; tracebacks are masked by the formatter below."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = None
        return True


def _mask_event(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        key: masked(value) if isinstance(value, str) and key != "timestamp" else value
        for key, value in event.items()
    }


def logging_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return the dictionary for logging.config: everything to standard error, one line each."""
    # Both renderers escape CR, LF and control characters, so a message is always one line.
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask": {"()": Mask}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.format_exc_info,
                    _mask_event,
                ],
                "processor": renderer,
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["mask"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
        },
    }
