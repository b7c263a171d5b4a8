"""What the kit found, kept as files: of each connector the best that was tried of its version."""

import inspect
from pathlib import Path
from typing import Literal, get_args

import msgspec

from kith.connectors import Connector

Tier = Literal["sprout", "leaf", "branch"]
_ORDER: tuple[Tier, ...] = get_args(Tier)


class Kept(msgspec.Struct, frozen=True):
    """The best that the kit found of one version of a connector."""

    connector: str
    version: str
    tier: Tier


BESIDE = Path("beside")
"""In place of a folder: beside the connector's module, where it is shipped with it."""


def keep(folder: Path, connector: Connector, tier: Tier) -> None:
    """Keep what was found, unless better was found of the same version."""
    folder = (_home(connector) or folder) if folder == BESIDE else folder
    path = folder / _name(connector)
    known = _read(path, connector)
    if known is None or _ORDER.index(tier) > _ORDER.index(known.tier):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            msgspec.json.format(msgspec.json.encode(Kept(connector.name, connector.version, tier))) + b"\n"
        )


def tier_of(connector: Connector, folder: Path | None = None) -> Tier | None:
    """Return the best tier found of this version, in ``folder`` or shipped beside the connector's module."""
    places = [folder, _home(connector)]
    found = [kept.tier for place in places if place and (kept := _read(place / _name(connector), connector))]
    return max(found, key=_ORDER.index, default=None)


def _read(path: Path, connector: Connector) -> Kept | None:
    """Return what is kept; None where that is nothing, or speaks of another version."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError):
        return None
    return kept if (kept.connector, kept.version) == (connector.name, connector.version) else None


def _name(connector: Connector) -> str:
    return f"{connector.name}.verdict.json"


def _home(connector: Connector) -> Path | None:
    try:
        return Path(inspect.getfile(type(connector))).parent
    except (TypeError, OSError):
        return None
