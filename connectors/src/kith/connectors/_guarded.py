"""Which connections are the SDK's own."""

from contextvars import ContextVar

#: True while the SDK opens one; the conformance kit looks at it.
GUARDED: ContextVar[bool] = ContextVar("kith_guarded", default=False)
