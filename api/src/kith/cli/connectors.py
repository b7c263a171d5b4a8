"""``kith connectors``: what networks this installation can read."""

from rich.console import Console
from rich.table import Table

from kith.connectors import load_registry


def connectors() -> None:
    """List the connectors that are installed, and what was put aside."""
    registry = load_registry()
    table = Table("Name", "Title", "Reads", box=None, pad_edge=False)
    for connector in registry.connectors.values():
        table.add_row(connector.name, connector.title, connector.description)
    console = Console(markup=False)
    console.print(table)
    for fault in registry.faults:
        console.print(f"{fault.entry_point} of {fault.distribution} was put aside: {fault.reason}")
