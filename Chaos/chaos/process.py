"""Processes that end when their parent ends, however it ends."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Only Linux knows this; elsewhere the guard of scripts/cluster takes their server away, at least."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
