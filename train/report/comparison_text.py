"""A comparison for the terminal."""

from train.comparison import Comparison
from train.report.comparison_tables import Chapter, Table, caveats, chapters


def comparison_text(told: Comparison, *, stages: bool) -> str:
    """Say it in tables.

    Args:
        told: What was found.
        stages: Whether to tell what each stage of each training reached.
    """
    return "\n\n".join([*(_chapter(one) for one in chapters(told, stages=stages)), "\n".join(caveats(told))])


def _chapter(chapter: Chapter) -> str:
    tables = "\n\n".join(_table(table) for table in chapter.tables)
    return "\n".join([chapter.title, tables, *(f"  {words}" for words in chapter.words)])


def _table(table: Table) -> str:
    widths = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    lines = []
    for first, *others in (table.head, *table.rows):
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  " + "  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join([*lines, *(f"  {note}" for note in table.notes)])
