"""The SDK for kith connectors: all that a partner needs is importable from here."""

from kith.connectors._cursors import load_cursor, save_cursor
from kith.connectors._errors import ConnectorError, Fatal, Reauthorise, Retry
from kith.connectors._flaws import flaw
from kith.connectors._hookspecs import Connector, Report, hookimpl
from kith.connectors._records import (
    Cause,
    Channel,
    Claim,
    Conversation,
    Coverage,
    Identity,
    IdentityKind,
    Interaction,
    InteractionKind,
    InteractionRef,
    Page,
    Record,
    Ref,
    Role,
    Skip,
    Target,
    Tombstone,
    Visibility,
)
from kith.connectors._registry import Fault, Manifest, Registry, describe, load_registry

__all__ = [
    "Cause",
    "Channel",
    "Claim",
    "Connector",
    "ConnectorError",
    "Conversation",
    "Coverage",
    "Fatal",
    "Fault",
    "Identity",
    "IdentityKind",
    "Interaction",
    "InteractionKind",
    "InteractionRef",
    "Manifest",
    "Page",
    "Reauthorise",
    "Record",
    "Ref",
    "Registry",
    "Report",
    "Retry",
    "Role",
    "Skip",
    "Target",
    "Tombstone",
    "Visibility",
    "describe",
    "flaw",
    "hookimpl",
    "load_cursor",
    "load_registry",
    "save_cursor",
]
