"""Names from outside: which ones belong to an unfinished transfer, and how to write any of them down.

A sender's name is data, never a path that we build: it may hold a patient's name, escape codes or bytes that are no
text at all. Inside the worker a name is what `os.fsdecode` gives (undecodable bytes as surrogates).
"""

import re

TEMPORARY_PREFIXES = (".", "~")
"""`.name` (rsync, most Unix tools), `~name` and `~$name` (Windows programs)."""

TEMPORARY_SUFFIXES = (
    "~",  # editors' backups
    ".tmp",
    ".temp",
    ".part",  # browsers, curl, lftp
    ".partial",
    ".filepart",  # WinSCP
    ".crdownload",  # Chromium
    ".download",
    ".incomplete",
    ".uploading",
    ".writing",
    ".inprogress",
    ".swp",
    ".swx",
)

_ESCAPED = re.compile(r"\\\\|\\x[89a-f][0-9a-f]|\\u[0-9a-f]{4}|\\U000[0-9a-f]{5}|\\U0010[0-9a-f]{4}")


def is_temporary(name: str) -> bool:
    """Tell whether a sender calls this file unfinished; such files are left alone until they are renamed."""
    return name.startswith(TEMPORARY_PREFIXES) or name.lower().endswith(TEMPORARY_SUFFIXES)


def escape(name: str) -> str:
    """Write a name as plain printable text: valid UTF-8, on one line, reading in one direction.

    Backslashes, control and format characters (among them the marks that turn text right to left) and bytes that are
    no UTF-8 become backslash escapes, so that two different names never look the same.
    """
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(map(_escape, name))


def unescape(text: str) -> str:
    """Return the name that was written so; what `escape` never writes is taken as it is."""
    return _ESCAPED.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    if match[0] == "\\\\":
        return "\\"
    return chr(int(match[0][2:], 16) + (0xDC00 if match[0][1] == "x" else 0))


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
