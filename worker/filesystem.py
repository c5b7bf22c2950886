"""Which kind of file system a folder is on: on a network one there are no events, no leases and no safe SQLite."""

import ctypes
import os
import struct
from pathlib import Path

NETWORK = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFE534D42: "SMB",
    0xFF534D42: "CIFS",
    0x65735546: "FUSE",  # sshfs and most network mounts; a local FUSE disk is polled for nothing, at little cost
    0x01021997: "9P",
    0x00C36400: "Ceph",
    0x5346414F: "AFS",
    0x47504653: "GPFS",
    0x0BD00BD0: "Lustre",
    0x19830326: "BeeGFS",
}
"""`f_type` of statfs(2), from Linux' include/uapi/linux/magic.h and the vendors' headers."""

_libc = ctypes.CDLL(None, use_errno=True)


def network_name(path: Path) -> str | None:
    """Return the name of the network file system that this path is on, or None on a local disk."""
    buffer = ctypes.create_string_buffer(256)  # struct statfs has 120 bytes; f_type comes first, a long
    if _libc.statfs(os.fsencode(path), buffer) != 0:
        raise OSError(ctypes.get_errno(), "statfs")
    (kind,) = struct.unpack_from("@l", buffer.raw)
    return NETWORK.get(kind & 0xFFFFFFFF)
