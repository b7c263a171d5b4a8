"""What partners test their connectors with: the conformance kit, a server that fails on demand, a clock that is set."""

from kith.connectors._clock import FakeClock
from kith.connectors.testing._dials import trusting
from kith.connectors.testing._facts import Facts
from kith.connectors.testing._kit import Nonconformance, Verdict, check_connector
from kith.connectors.testing._scaffold import scaffold
from kith.connectors.testing._server import Answering, Asked, FaultServer, Given, given_json
from kith.connectors.testing._verdicts import keep, tier_of
from kith.connectors.testing._wires import Recorder, Replay, write_recording

__all__ = [
    "Answering",
    "Asked",
    "Facts",
    "FakeClock",
    "FaultServer",
    "Given",
    "Nonconformance",
    "Recorder",
    "Replay",
    "Verdict",
    "check_connector",
    "given_json",
    "keep",
    "scaffold",
    "tier_of",
    "trusting",
    "write_recording",
]
