"""``kith api``: the API in the foreground."""

import os

from granian import Granian
from granian.constants import Interfaces

from kith.api.cli.home import current_settings, running_addresses


def api(*, processes: int = 1) -> None:
    """Serve the API on KITH_HOST and KITH_PORT, beside the servers of kith up or the configured ones.

    Args:
        processes: How many processes serve it.
    """
    settings = current_settings()
    os.environ |= running_addresses(settings).environment()
    Granian(
        "kith.api.app:create_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=processes,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_access=False,
    ).serve()
