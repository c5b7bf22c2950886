"""System calls that a reader has no business making, refused by the kernel (seccomp).

Limits bind processes, not intentions: RLIMIT_NPROC does not count for root, and RLIMIT_FSIZE lets an empty file be
made, renamed or removed. A reader only ever reads, computes and answers over a socket that it already has, so a short
list of what it may not do costs it nothing: start a process or a program, open a connection, change anything on a
disk, signal or trace another process.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

# Classic BPF over struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6]}: linux/seccomp.h, linux/bpf_common.h
_LOAD, _EQUAL, _GREATER_EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000  # the same calls again, under other numbers (x86-64 only)

_CLONE_THREAD = 0x00010000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the tables below, and the kernel's number for the architecture (linux/audit.h)."""

_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Processes and programs
    **{"fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281)},
    **{"unshare": (272, 97), "setns": (308, 268)},
    # Other processes
    **{"kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434)},
    **{"pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270)},
    **{"process_vm_writev": (311, 271), "perf_event_open": (298, 241)},
    # Connections
    **{"socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)},
    **{"accept": (43, 202), "accept4": (288, 242)},
    # Changes on a disk
    **{"creat": (85, None), "truncate": (76, 45), "ftruncate": (77, 46), "open_by_handle_at": (304, 265)},
    **{"rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276)},
    **{"unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None)},
    **{"mkdir": (83, None), "mkdirat": (258, 34), "mknod": (133, None), "mknodat": (259, 33)},
    **{"link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36)},
    **{"chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54)},
    **{"utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
    # The machine itself, and ways round this list
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51)},
    **{"open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "mount_setattr": (442, 442)},
    **{"init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    **{"bpf": (321, 280), "userfaultfd": (323, 282), "io_setup": (206, 0)},
    **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
}
"""By name: the numbers on x86-64 and on aarch64 (None: it does not exist there)."""

_UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}
"""Their flags lie in memory, where a filter cannot look. Told that the kernel lacks them, libc takes the old ones."""

_CLONE, _TGKILL, _OPEN, _OPENAT = (56, 220), (234, 131), (2, None), (257, 56)

Instruction = tuple[int, int, int, int]
"""Code, steps to jump if true, steps if false, operand."""


def refuse_the_rest() -> bool:
    """Give up those system calls, for good; False where the kernel or the machine offers no such thing.

    `PR_SET_NO_NEW_PRIVS` must be set. Refused calls fail with EPERM, so that what tries one gets an ordinary error.
    """
    if platform.machine() not in _MACHINES:
        return False
    column, architecture = _MACHINES[platform.machine()]
    program = b"".join(struct.pack("<HBBI", *one) for one in _program(column, architecture, os.getpid()))
    content = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog {unsigned short len; struct sock_filter *filter}
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(content)))
    libc = ctypes.CDLL(None)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) == 0)


def _program(column: int, architecture: int, pid: int) -> Iterable[Instruction]:
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    yield (_LOAD, 0, 0, _ARCHITECTURE_AT)
    yield (_EQUAL, 1, 0, architecture)
    yield refuse  # 32-bit calls, whose numbers mean something else
    yield (_LOAD, 0, 0, _NUMBER_AT)
    yield (_GREATER_EQUAL, 0, 1, _X32)
    yield refuse
    for numbers in _REFUSED.values():
        yield from _if_called(numbers[column], refuse)
    for numbers in _UNKNOWN.values():
        yield from _if_called(numbers[column], (_RETURN, 0, 0, _ERRNO | errno.ENOSYS))
    # Threads, but no processes.
    yield from _if_called(_CLONE[column], (_LOAD, 0, 0, _argument(0)), (_ANY_BIT, 1, 0, _CLONE_THREAD), refuse, allow)
    # abort() signals itself.
    yield from _if_called(_TGKILL[column], (_LOAD, 0, 0, _argument(0)), (_EQUAL, 1, 0, pid), refuse, allow)
    for numbers, flags in ((_OPEN, 1), (_OPENAT, 2)):
        yield from _if_called(
            numbers[column], (_LOAD, 0, 0, _argument(flags)), (_ANY_BIT, 0, 1, _WRITING), refuse, allow
        )
    yield allow


def _argument(number: int) -> int:
    return _ARGUMENTS_AT + 8 * number  # the lower half, on a little-endian machine


def _if_called(number: int | None, *then: Instruction) -> Iterable[Instruction]:
    """Instructions for one system call; the last of them must return."""
    if number is not None:
        yield (_EQUAL, 0, len(then), number)
        yield from then
