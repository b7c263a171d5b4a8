"""Become a server: run as a script between fork and exec, so that the parent may have threads.

Arguments: the parent's process id; the signal to get when it dies; user id, group id and capability (-1: none), as
which to run; the program and its arguments. Only the standard library, and little of it: this starts in 15 ms.
"""

import ctypes
import os
import sys

# prctl(2) and capabilities(7) of Linux.
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


def permitted_capabilities() -> int:
    """The capabilities that this process may use, as bits (the lower 32)."""
    return _capabilities()[1]


def end_with(parent: int, death_signal: int) -> None:
    """Ask the kernel for ``death_signal`` when the parent dies; elsewhere the next start ends what is left."""
    if sys.platform == "linux":
        _must(_libc().prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0))
        if os.getppid() != parent:
            sys.exit("the parent is gone")


def _become(uid: int, gid: int, capability: int) -> None:
    """Give up root and every capability but one."""
    if capability >= 0:
        sets = _capabilities()
        sets[2] |= 1 << capability
        # Without this bit access(2), by which PostgreSQL looks at its own program, ignores capabilities.
        _must(_libc().prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        _must(_libc().capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), sets))
        _must(_libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _capabilities() -> "ctypes.Array[ctypes.c_uint32]":
    """Effective, permitted and inheritable ones: the lower 32 of each, then the upper 32."""
    sets = (ctypes.c_uint32 * 6)()
    _must(_libc().capget((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), sets))
    return sets


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    parent, death_signal, uid, gid, capability = map(int, sys.argv[1:6])
    if uid >= 0:
        _become(uid, gid, capability)
    end_with(parent, death_signal)
    os.execv(sys.argv[6], sys.argv[6:])  # noqa: S606 - becoming the program without a shell is the purpose
