"""What connectors are lent in tests."""

from pathlib import Path

from kith.connectors import Context

ALONE = Context(Path("/nonexistent"))
"""No limits, and nowhere to keep anything."""
