"""How long a server asks to wait, in all the forms in which servers say it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

#: Larger numbers are moments: seconds, or thousandths, since 1970.
_EPOCH = 1_000_000_000
_EPOCH_MS = 1_000_000_000_000
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-rate-limit-requests-reset")
_AFTER = {"x-ratelimit-reset-after": 1.0, "retry-after-ms": 0.001}
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
#: Fields of a JSON body, at its top or one level down, with what they count in seconds.
_FIELDS = {"retry_after_ms": 0.001, "retryAfterMs": 0.001, "retry_after": 1.0, "retryAfter": 1.0, "backoff": 1.0}
_BODY_BYTES = 64 << 10
#: Statuses that say "not now" (RFC 9110, 6585, 8470; 420 as some servers say 429).
LATER = frozenset({408, 420, 425, 429})


def is_passing(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the same request may succeed later."""
    if status == 403:
        return asks_to_wait(headers, body)
    return status in LATER or (status >= 500 and status not in (501, 505))


def wait_of(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Return the seconds that a refusal asks to wait; None where it names none.

    The longest of what it names counts. Moments are measured by the server's own clock where it tells the time.
    """
    now = _moment(headers.get("date", "")) or now
    named = [*_header_waits(headers, now), *_body_waits(body, now)]
    return max((max(wait, 0.0) for wait in named), default=None)


def rest_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until a limit that this answer has used up is reset; None where something is left."""
    now = _moment(headers.get("date", "")) or now
    used_up = any(_number(headers.get(name, "").partition(",")[0]) == 0 for name in _REMAINING)
    named = [*_draft_waits(headers), *(_told_waits(headers, now) if used_up else ())]
    return max((max(wait, 0.0) for wait in named), default=None)


def asks_to_wait(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a 403 is a limit and no refusal."""
    if "retry-after" in headers or rest_of(headers, datetime.now(UTC)) is not None:
        return True
    return re.search(rb"rate.?limit|too many requests|quota.?exceeded", body[:_BODY_BYTES], re.IGNORECASE) is not None


def _header_waits(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    if wait := headers.get("retry-after"):
        yield from _span(wait, now)
        return
    yield from _draft_waits(headers)
    yield from _told_waits(headers, now)


def _told_waits(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    for name, unit in _AFTER.items():
        if (number := _number(headers.get(name, ""))) is not None:
            yield number * unit
    for name in _RESET:
        yield from _span(headers.get(name, "").partition(",")[0], now)


def _draft_waits(headers: Mapping[str, str]) -> Iterator[float]:
    """Read ``RateLimit``: ``limit=10, remaining=0, reset=7`` of older drafts, ``"name";r=0;t=7`` of newer ones."""
    for part in re.split(r",(?=\s*\")", headers.get("ratelimit", "")):
        found = dict(re.findall(r"\b(remaining|reset|r|t)\s*=\s*(\d+)", part))
        left, reset = found.get("r", found.get("remaining")), found.get("t", found.get("reset"))
        if left == "0" and reset is not None:
            yield float(reset)


def _body_waits(body: bytes, now: datetime) -> Iterator[float]:
    if body.lstrip()[:1] != b"{" or len(body) > _BODY_BYTES:
        return
    with suppress(msgspec.DecodeError, RecursionError):
        top = msgspec.json.decode(body, type=dict[str, object])
        below = [inner for inner in top.values() if isinstance(inner, dict)]
        for fields in (top, *below):
            for name, unit in _FIELDS.items():
                value = fields.get(name)
                if isinstance(value, int | float | str) and not isinstance(value, bool):
                    yield from (wait if wait > _EPOCH else wait * unit for wait in _span(str(value), now))


def _span(text: str, now: datetime) -> Iterator[float]:
    """Read seconds, a moment since 1970 in seconds or thousandths, an HTTP date or an ISO date."""
    number = _number(text)
    if number is None:
        if (moment := _moment(text)) is not None:
            yield (moment - now).total_seconds()
    elif number >= _EPOCH:
        yield number / (1000 if number >= _EPOCH_MS else 1) - now.timestamp()
    else:
        yield number


def _number(text: str) -> float | None:
    text = text.strip().removesuffix("s")
    return float(text) if re.fullmatch(r"-?\d{1,15}(\.\d+)?", text) else None


def _moment(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, TypeError, OverflowError):
            found = read(text.strip())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    return None
