"""The buckets that one client draws from, and the headers that say what it has left.

Both are on the way of every request, so what can be is prepared once.
"""

import time

from kith.api.http.buckets import Bucket


class Quotas:
    """The buckets of one client: none where nothing is limited."""

    __slots__ = ("_fields", "_policy", "buckets")

    def __init__(self, buckets: tuple[Bucket, ...], seconds: float) -> None:
        self.buckets = buckets
        self._policy = ", ".join(f'"{each.name}";q={each.quota};w={seconds:.0f}' for each in buckets).encode()
        self._fields = ", ".join(f'"{each.name}";r=%d;t=%d' for each in buckets).encode()

    def take_at_once(self, cost: int) -> bool:
        """Take units of all buckets where each has them here, and stays far from empty."""
        for bucket in self.buckets:
            if bucket.units - cost < bucket.low:
                return False
        for bucket in self.buckets:
            bucket.units -= cost
        return True

    def nearest(self) -> Bucket:
        """Return the bucket with the least."""
        now = time.monotonic()
        return min(self.buckets, key=lambda bucket: bucket.left(now))

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what a client may use and has left, as draft-ietf-httpapi-ratelimit-headers and as is common."""
        now, values, least = time.monotonic(), list[int](), None
        for bucket in self.buckets:
            left = bucket.left(now)
            reset = -int((left - bucket.quota) // bucket.rate)
            values += (left, reset)
            if least is None or left < least[1]:
                least = bucket.quota, left, reset
        if least is None:
            return []
        return [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", self._fields % tuple(values)),
            (b"x-ratelimit-limit", b"%d" % least[0]),
            (b"x-ratelimit-remaining", b"%d" % least[1]),
            (b"x-ratelimit-reset", b"%d" % least[2]),
        ]
