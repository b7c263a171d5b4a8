"""W3C trace context: a request that belongs to a trace goes on in it, in the log and in the answer."""

import re
from secrets import token_hex

_PARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def go_on(parent: bytes) -> bytes | None:
    """Return the traceparent of this request; None where it belongs to no trace, or names it in a way that is none."""
    found = _PARENT.fullmatch(parent)
    if found is None or (found[0].startswith(b"00") and found[3]):
        return None
    return b"00-%s-%s-%s" % (found[1], token_hex(8).encode(), found[2])


def trace_id(parent: bytes) -> str:
    return parent.split(b"-")[1].decode()
