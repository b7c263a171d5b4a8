"""OAuth as a client, for kith's server and workers. A connector declares a ``Provider``, no more."""

from kith.connectors._oauth import App, Request, Tokens, ask, exchange, reach, register, renew

__all__ = ["App", "Request", "Tokens", "ask", "exchange", "reach", "register", "renew"]
