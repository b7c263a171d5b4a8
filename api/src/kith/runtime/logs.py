"""Logs: one line an event, JSON in production and colors on a terminal; tokens never get in."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

import msgspec
import structlog

REQUEST: ContextVar[Mapping[str, str]] = ContextVar("request", default={})  # noqa: B039  # nobody changes it
"""What each line says of the request in whose context it is written."""

_SIGN_IN = re.compile(r"(\w+://)[^/?#\s]*@")
_TOKEN = re.compile(r"k[a-z]{2,3}_[A-Za-z0-9]{20,}")


def redact(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out whatever looks like a token, and what addresses carry to sign in with."""
    for name, value in entry.items():
        if isinstance(value, str):
            if "_" in value:
                value = _TOKEN.sub("[token]", value)
            if "://" in value:
                value = _SIGN_IN.sub(r"\1***@", value)
            entry[name] = value
    return entry


def _name_request(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**REQUEST.get(), **entry}


def _json(entry: MutableMapping[str, Any], **_: Any) -> str:
    return msgspec.json.encode(entry, enc_hook=repr).decode()


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
            _name_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
