"""The machine of a measurement in words, without anything that names it."""

import os
import platform

import psutil


def machine() -> str:
    """Cores, memory, system and Python: `2 cores of x86_64, 24 GiB, Debian GNU/Linux 12, Python 3.11.7`."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    return f"{cores} cores of {platform.machine()}, {memory:.0f} GiB, {_system()}, Python {platform.python_version()}"


def _system() -> str:
    try:
        known = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    return f"{known['NAME']} {known.get('VERSION_ID', '')}".strip()
