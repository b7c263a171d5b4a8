"""Logs: one line an event, JSON in production and colors on a terminal; tokens never get in."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SIGN_IN = re.compile(r"(\w+://)[^/?#\s]*@")
_TOKEN = re.compile(r"k[a-z]{2,3}_[A-Za-z0-9]{20,}")


def redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out whatever looks like a token, and what addresses carry to sign in with."""
    for name, value in entry.items():
        if isinstance(value, str) and ("_" in value or "@" in value):
            entry[name] = _SIGN_IN.sub(r"\1***@", _TOKEN.sub("[token]", value))
    return entry


def includes(level: str, other: str) -> bool:
    """Whether what is logged from a level on includes another level."""
    levels = logging.getLevelNamesMapping()
    return levels[level.upper()] <= levels[other.upper()]


def configure(level: str) -> None:
    """Set structlog up for this process."""
    console = sys.stderr.isatty()
    logging.getLogger("authlib").setLevel(logging.INFO)  # at debug it writes each token that it issues
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
