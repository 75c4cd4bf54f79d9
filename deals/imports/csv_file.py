"""A CSV file as programs write it: any of the usual separators and encodings, read into columns and rows."""

import codecs
import csv
import io
from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS, LARGEST = 5000, 100, 5 * 1024 * 1024
LONGEST_CELL = 4000
SEPARATORS = (",", ";", "\t", "|")


class CsvRefused(Exception):
    """The file cannot be read; `code` says why, `row` where, counted as a spreadsheet does."""

    def __init__(self, code: str, row: int = 0) -> None:
        super().__init__(code)
        self.code, self.row = code, row


@dataclass(frozen=True)
class CsvFile:
    """The heads of the columns and the rows below them; each row has a text for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_csv(data: bytes) -> CsvFile:
    """Return what a file holds; raises CsvRefused."""
    if len(data) > LARGEST:
        raise CsvRefused("too_large")
    text = _decoded(data)
    if "\x00" in text:
        raise CsvRefused("no_text")
    head = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise CsvRefused("no_csv") from error
    filled = [(number, line) for number, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
    if len(filled) < 2:
        raise CsvRefused("empty")
    columns = tuple(" ".join(cell.split()) for cell in filled[0][1])
    if len(filled) - 1 > MOST_ROWS:
        raise CsvRefused("too_many_rows")
    if len(columns) > MOST_COLUMNS:
        raise CsvRefused("too_many_columns")
    return CsvFile(columns, tuple(_row(number, line, len(columns)) for number, line in filled[1:]))


def _row(number: int, line: list[str], width: int) -> tuple[str, ...]:
    if any(cell.strip() for cell in line[width:]):
        raise CsvRefused("more_cells", number)
    if any(len(cell) > LONGEST_CELL for cell in line):
        raise CsvRefused("long_cell", number)
    cells = [cell.strip() for cell in line[:width]]
    return tuple(cells + [""] * (width - len(cells)))


def _decoded(data: bytes) -> str:
    """Return the text: what its first bytes say, else UTF-8, else what older spreadsheets write."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CsvRefused("no_text")
