"""The buckets that one client draws from, and the headers that say what it has left.

Both are on the way of every request, so what can be is prepared once, and told again as long as nothing has changed.
"""

import time
from itertools import chain

from kith.api.http.buckets import Bucket


class Quotas:
    """The buckets of one client: none where nothing is limited."""

    __slots__ = ("_fields", "_left", "_policy", "_told", "buckets")

    def __init__(self, buckets: tuple[Bucket, ...], seconds: float) -> None:
        self.buckets = buckets
        self._left: list[int] | None = None
        self._told: list[tuple[bytes, bytes]] = []
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
        now = time.monotonic()
        left = [bucket.left(now) for bucket in self.buckets]
        if left != self._left:
            self._left, self._told = left, self._tell(left)
        return self._told

    def _tell(self, left: list[int]) -> list[tuple[bytes, bytes]]:
        if not left:
            return []
        resets = [-int((units - each.quota) // each.rate) for units, each in zip(left, self.buckets, strict=True)]
        least = left.index(min(left))
        return [
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", self._fields % tuple(chain.from_iterable(zip(left, resets, strict=True)))),
            (b"x-ratelimit-limit", b"%d" % self.buckets[least].quota),
            (b"x-ratelimit-remaining", b"%d" % left[least]),
            (b"x-ratelimit-reset", b"%d" % resets[least]),
        ]
