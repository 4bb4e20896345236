"""External programs: each in a process group of its own, under a timeout, and gone when this program ends."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_running: set[subprocess.Popen] = set()


class ProcessFailure(Exception):
    """A program failed, or took too long. The message ends with the last lines that it wrote."""


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen:
    """Starts a program; its standard output is a pipe of text, its standard error joins it."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **(environment or {})}, start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None)
    _running.add(process)
    return process


def finish(process: subprocess.Popen, timeout: float) -> str:
    """Waits for the program; its output. Raises ProcessFailure."""
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        kill(process)
        raise ProcessFailure(f"{_name(process)} took more than {timeout:.0f} s") from None
    finally:
        _running.discard(process)
    if process.returncode != 0:
        raise ProcessFailure(f"{_name(process)} failed ({process.returncode}): {tail(output)}")
    return output


def run(command: list[str], timeout: float, environment: dict[str, str] | None = None) -> str:
    """Runs a program to its end; its output. Raises ProcessFailure."""
    return finish(start(command, environment), timeout)


def kill(process: subprocess.Popen) -> None:
    """Ends a program and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    _running.discard(process)


def tail(output: str, lines: int = 3) -> str:
    """The first line that names an error, and the last lines."""
    all_lines = output.strip().splitlines()
    errors = [line for line in all_lines if "error" in line.lower()][:1]
    return " | ".join(dict.fromkeys(errors + all_lines[-lines:]))[-600:]


def _name(process: subprocess.Popen) -> str:
    return os.path.basename(str(process.args[0]))


@atexit.register
def _kill_all() -> None:
    for process in list(_running):
        kill(process)


def exit_at_signals() -> None:
    """SIGTERM and SIGINT end this program as an exit does: with everything that it started."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: sys.exit(128 + received))
