"""Cells of tables that we write, for programs that take some texts for formulas."""

# A cell that begins so would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: str | float) -> str | float:
    """Return what a cell may hold: a text that is no formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
