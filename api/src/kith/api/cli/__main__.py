"""``python -m kith.api.cli`` is ``kith``."""

from kith.api.cli import main

if __name__ == "__main__":
    main()
