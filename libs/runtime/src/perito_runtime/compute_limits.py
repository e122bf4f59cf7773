"""The limits a compute child lives under, and how its parent sees that it keeps them.

Measured with DuckDB and pyarrow loaded: RLIMIT_AS counts address space that is only reserved and
stops a child of 700 MiB at 60 MiB of real memory, so it is of no use. RLIMIT_DATA counts writable private memory and
refuses one huge allocation at once. Thread stacks and allocator reserves make up to 200 MiB of it that is never
touched, and what allocators keep of what they gave back grows with the job: 1,266 MiB where 871 were in use. Hence the
slack. Growth is caught by the parent, which reads the private resident memory.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

UNTOUCHED_BYTES = 256 * 1024 * 1024
"""What RLIMIT_DATA counts and no one touches: stacks of worker threads and reserves of allocators."""

_PR_SET_PDEATHSIG = 1


def live_under(memory_bytes: int, parent: int) -> None:
    """Called by the child before it imports anything heavy.

    Bounds its data to twice `memory_bytes` and `UNTOUCHED_BYTES`, forbids core dumps (they hold the client's books),
    offers the child first to the kernel when memory is short, and ties its life to the parent's. Exits when `parent` is
    dead.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = 2 * memory_bytes + UNTOUCHED_BYTES
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000")
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above could bind us to it
        os._exit(1)


def private_bytes(pid: int) -> int:
    """Resident memory that belongs to a process, in bytes; 0 where it is gone or the system does not tell.

    Pages of files are not counted: the kernel takes them back when it needs them. Shared memory is, which /proc/statm
    would hide among them.
    """
    return _status(pid, b"RssAnon:", b"RssShmem:")


def data_bytes(pid: int) -> int:
    """What RLIMIT_DATA counts of a process, in bytes; 0 where it is gone or the system does not tell.

    Allocators keep the addresses of what they gave back to the system, and one cannot use those of another: after a
    large job of the query engine little may be left to numpy, though the child is small.
    """
    return _status(pid, b"VmData:")


def _status(pid: int, *names: bytes) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().split(b"\n")
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(names))
