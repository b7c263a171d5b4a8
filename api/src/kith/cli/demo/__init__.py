"""The demo community: the reviewers of the Git project, 2005 to 2026, in kith's import format. See ORIGIN.md."""

from pathlib import Path

FILE = Path(__file__).with_name("git.ndjson.zst")
