"""The buckets that one client draws from, and the lines of the head that say what it has left.

Both are on the way of every request, so what can be is prepared once, and told again as long as nothing has changed.
"""

import time
from itertools import chain

from kith.api.http.buckets import Bucket


class Quotas:
    """The buckets of one client: none where nothing is limited."""

    __slots__ = ("_form", "_left", "_told", "buckets")

    def __init__(self, buckets: tuple[Bucket, ...], seconds: float) -> None:
        self.buckets = buckets
        self._left: list[int] | None = None
        self._told = b""
        policy = ", ".join(f'"{each.name}";q={each.quota};w={seconds:.0f}' for each in buckets)
        fields = ", ".join(f'"{each.name}";r=%d;t=%d' for each in buckets)
        self._form = (
            f"ratelimit-policy: {policy}\r\nratelimit: {fields}\r\n"
            "x-ratelimit-limit: %d\r\nx-ratelimit-remaining: %d\r\nx-ratelimit-reset: %d\r\n"
        ).encode()

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

    def lines(self) -> bytes:
        """Return what a client may use and has left, as draft-ietf-httpapi-ratelimit-headers and as is common."""
        now = time.monotonic()
        left = [bucket.left(now) for bucket in self.buckets]
        if left != self._left:
            self._left, self._told = left, self._tell(left)
        return self._told

    def _tell(self, left: list[int]) -> bytes:
        if not left:
            return b""
        resets = [-int((units - each.quota) // each.rate) for units, each in zip(left, self.buckets, strict=True)]
        least = left.index(min(left))
        each = chain.from_iterable(zip(left, resets, strict=True))
        return self._form % (*each, self.buckets[least].quota, left[least], resets[least])
