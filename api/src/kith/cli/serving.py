"""One serving process of ``kith api``."""

import gc
import socket

from uvicorn import Config, Server

from kith.api.app import Kith, create_app
from kith.api.http.wire import Wire

STOP_SECONDS = 10  # in which answers under way end


def serve(listener: socket.socket) -> None:
    """Answer what comes in at the listener, until SIGTERM."""
    config = Config(
        app_of_a_process,
        factory=True,
        interface="asgi3",
        http=Wire,
        ws="none",  # what asks for one is a request like any other, and answered by the application
        log_config=None,
        log_level="warning",
        access_log=False,  # the application has its own
        proxy_headers=False,  # the application trusts proxies itself
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    Server(config).run([listener])


def app_of_a_process() -> Kith:
    """Return the application for one serving process.

    Looking for cycles among all that the application is made of would hold every answer up for a tenth of a second.
    """
    app = create_app()
    gc.collect()
    gc.freeze()
    return app
