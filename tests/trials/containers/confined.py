"""Looked at from inside each container: who runs, what it may, what it can write, and which limits the kernel holds."""

from collections.abc import Mapping
from typing import Any

from tests.trials.containers.stack import Stack, docker, service_of
from tests.trials.harness.catalogue import TrialFailed

OURS = ("edge", "orchestrator", "validation", "consistency", "pattern", "performance", "reporting")

# Limits are where the kernel keeps them: first as cgroup v2 has it, then as v1.
_LOOK = r"""
sed -n 's/^\(Uid\|CapEff\|NoNewPrivs\|Seccomp\):[[:space:]]*\([0-9a-f]*\).*/\1=\2/p' /proc/1/status
for place in / /etc /usr /opt /home; do touch "$place/probe" 2>/dev/null && echo "writable=$place"; done
first() { cat "$@" 2>/dev/null | head -n 1; }
echo "memory=$(first /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes)"
echo "pids=$(first /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max)"
echo "cpu=$(first /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us)"
for tool in pip pip3 uv gcc cc make; do command -v "$tool" >/dev/null && echo "tool=$tool"; done
true
"""


_FORKS = """
import subprocess
try:
    for _ in range(64):
        subprocess.Popen(["sleep", "5"])
except OSError:
    print("refused")
"""


def look(stack: Stack) -> dict[str, dict[str, Any]]:
    """What was seen in one container of each service that runs. Raises TrialFailed where it is not as promised."""
    running = {service_of(each): each for each in stack.containers() if each["State"]["Running"]}
    return {name: _seen(stack, name, container) for name, container in sorted(running.items())}


def _seen(stack: Stack, name: str, container: Mapping[str, Any]) -> dict[str, Any]:
    lines = [line.partition("=") for line in stack.inside(name, "sh", "-c", _LOOK).splitlines()]
    seen: dict[str, str] = {key: value for key, _, value in lines}
    asked = container["HostConfig"]
    faults = [
        f"{key} is {value}"
        for key, value, wrong in (
            ("uid", seen["Uid"], seen["Uid"] == "0"),
            ("capabilities", seen["CapEff"], int(seen["CapEff"], 16) != 0),
            ("NoNewPrivs", seen["NoNewPrivs"], seen["NoNewPrivs"] != "1"),
            ("writable", seen.get("writable"), "writable" in seen),
            ("an installer or compiler", seen.get("tool"), name in OURS and "tool" in seen),
            ("uid of ours", seen["Uid"], name in OURS and seen["Uid"] != "65532"),
            ("memory limit", seen["memory"], int(seen["memory"]) != asked["Memory"]),
            ("limit of processes", seen["pids"], int(seen["pids"]) != asked["PidsLimit"]),
            ("cpu limit", seen["cpu"], int(seen["cpu"].split()[0]) != asked["NanoCpus"] // 10_000),
        )
        if wrong
    ]
    if faults:
        raise TrialFailed(f"{name}: {'; '.join(faults)}")
    return {
        "uid": int(seen["Uid"]),
        "memory": int(seen["memory"]),
        "pids": int(seen["pids"]),
        "cpus": asked["NanoCpus"] / 1e9,
    }


def limits_bite(image: str) -> None:
    """Who takes more memory than the limit is killed, and who starts more processes than the limit is refused."""
    confined = ["--rm", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--network=none", "--entrypoint=python"]
    greedy = ["run", *confined, "--memory=128m", "--memory-swap=128m", image, "-c", "bytearray(2**29)[::4096]"]
    try:
        docker(*greedy)
    except TrialFailed:
        pass
    else:
        raise TrialFailed("half a GiB was had under a limit of 128 MiB")
    if docker("run", *confined, "--pids-limit=16", image, "-c", _FORKS).strip() != "refused":
        raise TrialFailed("64 processes ran under a limit of 16")
