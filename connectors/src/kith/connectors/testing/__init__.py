"""What partners test their connectors with: the conformance kit, a server that fails on demand, a clock that is set."""

from kith.connectors._clock import FakeClock
from kith.connectors.testing._kit import Facts, Nonconformance, check_connector
from kith.connectors.testing._server import Answering, Asked, FaultServer, Given, given_json

__all__ = [
    "Answering",
    "Asked",
    "Facts",
    "FakeClock",
    "FaultServer",
    "Given",
    "Nonconformance",
    "check_connector",
    "given_json",
]
