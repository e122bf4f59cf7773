"""How much memory an all-in-one may use when nobody says: half the machine's, at most 4 GiB.

The machine is what its container allows, where there is one.
"""

from pathlib import Path

import psutil

_MOST = 4 * 2**30
_SERVING = 512 * 2**20  # measured after two analyses: serving process 87 MiB, database 54; the rest is room for uploads
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def default_budget(groups: tuple[Path, ...] = _GROUPS) -> int:
    """Bytes for the whole all-in-one."""
    return min(_MOST, _machine(groups) // 2)


def compute_share(budget: int) -> int:
    """Bytes of a budget that are left to the compute children."""
    return max(budget - _SERVING, budget // 2)


def _machine(groups: tuple[Path, ...]) -> int:
    total = psutil.virtual_memory().total
    for path in groups:
        try:
            limit = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit():
            total = min(total, int(limit))
    return total
