"""Settings of a source, judged by the schema of its connector and by what the operator lets sources read."""

from typing import Any

import msgspec

from kith.api.http.inputs import explain
from kith.api.http.problems import Fault, Problem
from kith.connectors import Forbidden, Limits, Registry, check_locations, load_config

_NO_CHOICE = "Invalid enum value"


def check_config(registry: Registry, connector: str, config: dict[str, Any]) -> msgspec.Struct:
    """Return the settings; refuse an unknown connector, and a config that does not fit its schema."""
    if connector not in registry.connectors:
        message = f"There is no connector {connector!r}; GET /v1/connectors lists them."
        raise Problem("invalid_body", message, Fault("unknown_connector", message, pointer="/connector"))
    try:
        return load_config(registry.connectors[connector].Config, config)
    except msgspec.ValidationError as error:
        what, pointer = explain(error)
        if what.startswith(_NO_CHOICE):  # whose value may be a secret in the wrong place
            what = _NO_CHOICE
        raise Problem(
            "invalid_body", f"config: {what}.", Fault("invalid", what, pointer=f"/config{pointer}")
        ) from error


def check_limits(config: msgspec.Struct, limits: Limits) -> None:
    """Refuse settings that name what the operator does not let sources read."""
    try:
        check_locations(config, limits)
    except Forbidden as error:
        fault = Fault(error.code, str(error), pointer=f"/config/{error.field}")
        raise Problem("invalid_body", str(error), fault) from error
