"""Rows as a CSV file that is sent while it is written, and that no spreadsheet runs."""


class Echo:
    """A file that gives back what is written: the csv module wants one, the answer wants pieces."""

    def write(self, text: str) -> str:
        """Return it back."""
        return text


# What formulas begin with, in full width too, and control characters that programs pass over.
_FORMULA = frozenset("=+-@＝＋－＠\t\r\n\x00")


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, in full-width signs or behind what is not shown either."""
    return f"'{text}" if text[:1] in _FORMULA else text
