"""The SDK for kith connectors: all that a partner needs is importable from here."""

from kith.connectors._answers import Answer, Validators
from kith.connectors._clock import Clock
from kith.connectors._context import Context
from kith.connectors._cursors import load_cursor, save_cursor
from kith.connectors._errors import ConnectorError, Fatal, Missing, Reauthorize, Refused, Retry
from kith.connectors._exchange import Manners
from kith.connectors._flaws import flaw
from kith.connectors._hookspecs import Connector, Networked, Report, hookimpl
from kith.connectors._http import Egress, Http
from kith.connectors._limits import (
    Forbidden,
    Limits,
    LocalPath,
    Location,
    Url,
    check_locations,
    is_address,
    location_fields,
    locations,
)
from kith.connectors._opening import egress_of, open_context
from kith.connectors._paging import Seen, Window, by_cursor, by_id, by_link, by_offset, links
from kith.connectors._rates import Limiter, LocalLimiter, Rate
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
    Skip,
    Target,
    TargetKind,
    Tombstone,
    Visibility,
)
from kith.connectors._registry import Fault, Manifest, Registry, describe, load_registry
from kith.connectors._secrets import Auth, Basic, Bearer, KeyHeader, Secret
from kith.connectors._settings import dump_config, load_config, secret_fields

__all__ = [
    "Answer",
    "Auth",
    "Basic",
    "Bearer",
    "Cause",
    "Channel",
    "Claim",
    "Clock",
    "Connector",
    "ConnectorError",
    "Context",
    "Conversation",
    "Coverage",
    "Egress",
    "Fatal",
    "Fault",
    "Forbidden",
    "Http",
    "Identity",
    "IdentityKind",
    "Interaction",
    "InteractionKind",
    "InteractionRef",
    "KeyHeader",
    "Limiter",
    "Limits",
    "LocalLimiter",
    "LocalPath",
    "Location",
    "Manifest",
    "Manners",
    "Missing",
    "Networked",
    "Page",
    "Rate",
    "Reauthorize",
    "Record",
    "Ref",
    "Refused",
    "Registry",
    "Report",
    "Retry",
    "Secret",
    "Seen",
    "Skip",
    "Target",
    "TargetKind",
    "Tombstone",
    "Url",
    "Validators",
    "Visibility",
    "Window",
    "by_cursor",
    "by_id",
    "by_link",
    "by_offset",
    "check_locations",
    "describe",
    "dump_config",
    "egress_of",
    "flaw",
    "hookimpl",
    "is_address",
    "links",
    "load_config",
    "load_cursor",
    "load_registry",
    "location_fields",
    "locations",
    "open_context",
    "save_cursor",
    "secret_fields",
]
