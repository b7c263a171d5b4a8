"""Which connectors are installed: each entry point is loaded by itself, so a broken one harms no other."""

import queue
import re
import threading
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
import pluggy

from kith.connectors import _hookspecs
from kith.connectors._audits import Audited
from kith.connectors._hookspecs import Connector
from kith.connectors._live import Live
from kith.connectors._oauth import Authorized, AuthorizedAsSet
from kith.connectors._partitions import Historied, Partitioned
from kith.connectors._push import Pushed
from kith.connectors._settings import schema_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

IMPORT_SECONDS = 20.0  # of a partner's plugin
GROUP = "kith.connectors"
_OWN = "kith-connectors"
_CAPABILITIES: dict[str, type | tuple[type, ...]] = {
    "partitions": Partitioned,
    "history": Historied,
    "pushes": Pushed,
    "audits": Audited,
    "live": Live,
    "authorization": (Authorized, AuthorizedAsSet),
}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}(\.[a-z][a-z0-9_-]{0,62})?")


class Fault(msgspec.Struct, frozen=True):
    """An entry point that was put aside: none of its connectors is offered."""

    distribution: str
    entry_point: str
    reason: str


class Registry(msgspec.Struct, frozen=True):
    """The connectors by name, and what could not be loaded."""

    connectors: dict[str, Connector]
    faults: tuple[Fault, ...]


class Manifest(msgspec.Struct, frozen=True):
    """What a frontend needs to offer a connector. config_schema: JSON Schema 2020-12 of one source's settings.

    capabilities: what it does beside reading its sources as a whole: partitions, history, pushes, audits,
    live, authorization.
    """

    name: str
    title: str
    description: str
    version: str
    config_schema: dict[str, Any]
    capabilities: tuple[str, ...] = ()


def load_registry(found: "Iterable[EntryPoint] | None" = None) -> Registry:
    """Load what is installed; ``found`` replaces the entry points of this environment.

    kith's own come first, then by name of the distribution, so that none can take the name of a bundled connector.
    """
    from importlib.metadata import entry_points

    connectors: dict[str, Connector] = {}
    faults = []
    for entry in sorted(entry_points(group=GROUP) if found is None else found, key=_order):
        try:
            connectors |= _load(entry, connectors)
        except (Exception, SystemExit) as error:
            faults.append(Fault(_distribution(entry), entry.name, f"{type(error).__name__}: {error}"))
    return Registry(connectors, tuple(faults))


def describe(connector: Connector) -> Manifest:
    """Return the manifest; raises TypeError where the Config has no JSON Schema."""
    return Manifest(
        name=connector.name,
        title=connector.title,
        description=connector.description,
        version=connector.version,
        config_schema=schema_of(connector.Config),
        capabilities=tuple(name for name, kinds in _CAPABILITIES.items() if isinstance(connector, kinds)),
    )


def _load(entry: "EntryPoint", taken: Collection[str]) -> dict[str, Connector]:
    """Import one entry point and return its connectors, all or none."""
    offered: dict[str, Connector] = {}
    plugin = entry.load() if _distribution(entry) == _OWN else _within(IMPORT_SECONDS, entry.load)
    manager = pluggy.PluginManager("kith")
    manager.add_hookspecs(_hookspecs)
    manager.register(plugin, name=entry.name)
    manager.check_pending()
    for connectors in _within(IMPORT_SECONDS, manager.hook.kith_connectors):
        for connector in connectors:
            describe(connector)
            if not _NAME.fullmatch(connector.name):
                raise ValueError(f"{connector.name!r} is no name of a connector: lower case, such as 'rolodex'")
            if connector.name in taken or connector.name in offered:
                raise ValueError(f"the name {connector.name!r} is already taken")
            offered[connector.name] = connector
    return offered


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns. Raises TimeoutError where it takes longer, and ends it as soon as it runs Python."""
    outcome: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((call(), None))
        except BaseException as error:
            outcome.put((None, error))

    thread = threading.Thread(target=run, daemon=True, name="kith-plugin")
    thread.start()
    try:
        result, error = outcome.get(timeout=seconds)
    except queue.Empty:
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
        raise TimeoutError(f"it takes longer than {seconds:g} seconds") from None
    if error is not None:
        raise error
    return cast(T, result)


def _distribution(entry: "EntryPoint") -> str:
    return entry.dist.name if entry.dist else ""


def _order(entry: "EntryPoint") -> tuple[bool, str, str]:
    return _distribution(entry) != _OWN, _distribution(entry), entry.name
