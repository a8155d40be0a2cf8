"""Text in CSV files that a spreadsheet program will open."""


def harmless(cell: str) -> str:
    """Quote a cell that a spreadsheet would take for a formula, so that it is shown as text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
