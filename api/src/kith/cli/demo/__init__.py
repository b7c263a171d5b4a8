"""The demo: Git and the projects around it, in kith's import format. See ORIGIN.md."""

from pathlib import Path

FILE = Path(__file__).with_name("git-world.ndjson.zst")
