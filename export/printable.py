"""Text out of a file, made fit for a terminal: a card may hold what moves the cursor or turns the reading direction."""

import re


def printable(text: str) -> str:
    r"""Write every character that is not for printing as JSON may, `\u009b`; line feeds stay. JSON stays the same JSON."""
    return "".join(one if one == "\n" or one.isprintable() else _escaped(one) for one in text)


def _escaped(one: str) -> str:
    return re.sub("....", r"\\u\g<0>", one.encode("utf-16-be", "surrogatepass").hex())
