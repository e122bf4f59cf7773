"""Failpoints strike real processes, as often as they were told to, and nobody who did not ask for it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_runtime import failpoints

PASS = """
import asyncio, sys
from perito_runtime.failpoints import arm_from_environment, failpoint, failpoint_sync
try:
    arm_from_environment()
    asyncio.run(failpoint("worker.after_claim", *sys.argv[2:]))
    for _ in range(int(sys.argv[1])):
        failpoint_sync("compute.begun", *sys.argv[2:])
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / failpoints.PERMISSION).touch()
    return tmp_path


def start(folder: Path | None, points: str = "", passes: int = 1, *subjects: str) -> "subprocess.Popen[str]":
    """A process that passes failpoints and prints what is raised at them."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    environment |= {failpoints.LIST: points} if points else {}
    environment |= {failpoints.DIRECTORY: str(folder)} if folder else {}
    command = [sys.executable, "-c", PASS, str(passes), *subjects]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def passed(folder: Path | None, points: str = "", passes: int = 1, *subjects: str) -> tuple[int, str]:
    """Exit code of such a process, and what it printed."""
    process = start(folder, points, passes, *subjects)
    said, _ = process.communicate(timeout=20)
    return process.returncode, said


@pytest.mark.parametrize(
    ("action", "code"), [("kill9", -signal.SIGKILL), ("segv", -signal.SIGSEGV), ("exit(7)", 7), ("sleep(0.01)", 0)]
)
def test_a_point_does_what_it_is_told(folder: Path, action: str, code: int) -> None:
    assert passed(folder, f"worker.after_claim={action}")[0] == code
    assert passed(folder, f"compute.begun={action}")[0] == code
    assert passed(folder, f"edge.before_commit={action}")[0] == 0, "it does not pass there"


def test_a_point_raises_what_it_is_told(folder: Path) -> None:
    assert passed(folder, "worker.after_claim=raise(unavailable)")[1].startswith("PeritoError FAILPOINT: ")
    assert passed(folder, "compute.begun=raise(ENOSPC)")[1].startswith("OSError [Errno 28]")


def test_a_process_that_stops_itself_goes_on_when_it_may(folder: Path) -> None:
    process = start(folder, "worker.after_claim=stop:once")
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_once_is_once_over_restarts_and_three_times_is_three(folder: Path) -> None:
    codes = [passed(folder, "compute.begun=exit(3):once")[0] for _ in range(3)]
    assert codes == [3, 0, 0]
    codes = [passed(folder, "compute.begun=exit(3):3")[0] for _ in range(5)]
    assert codes == [3, 3, 3, 0, 0]
    assert passed(folder, "compute.begun=exit(3):once#again")[0] == 3, "another word makes it another point"


def test_of_many_processes_one_is_struck(folder: Path) -> None:
    processes = [start(folder, "compute.begun=exit(3):once", 20) for _ in range(6)]
    for process in processes:
        process.communicate(timeout=30)
    assert sorted(process.returncode for process in processes) == [0, 0, 0, 0, 0, 3]


def test_a_subject_is_met_alone(folder: Path) -> None:
    assert passed(folder, "worker.after_claim[pattern]=exit(3)", 1, "validation")[0] == 0
    assert passed(folder, "worker.after_claim[pattern]=exit(3)", 1, "validation", "pattern")[0] == 3


def test_what_is_armed_may_change_while_a_process_runs(folder: Path) -> None:
    process = start(folder, "worker.after_claim=sleep(0.5)", 2)
    while not list(folder.glob("struck-*")):
        time.sleep(0.01)
    (folder / "armed").write_text("compute.begun=exit(4):once", "utf-8")
    process.communicate(timeout=20)
    assert process.returncode == 4
    (mark,) = [path for path in folder.glob("struck-*") if "compute.begun" in path.read_text("utf-8")]
    assert mark.read_text("utf-8").split(" ", 1) == [str(process.pid), "compute.begun=exit(4):once\n"]


def test_nothing_is_armed_by_accident(tmp_path: Path, folder: Path) -> None:
    point = "worker.after_claim=kill9"
    (tmp_path / "not").mkdir()
    for place in (None, tmp_path / "not", tmp_path / "nowhere"):
        code, said = passed(place, point)
        assert (code, said[:7]) == (0, "Invalid")
        assert "unset both" in said
    assert passed(folder)[0] == 0
    assert passed(None) == (0, "")


def test_a_process_that_is_not_armed_passes_and_arms_no_child() -> None:
    assert failpoints.for_children() == {}
    asyncio.run(failpoints.failpoint("worker.after_claim"))
    failpoints.failpoint_sync("compute.begun")


@pytest.mark.parametrize(
    "wrong",
    [
        "worker.after_claim",
        "worker.after_clam=kill9",
        "worker.after_claim=kill",
        "worker.after_claim=kill9(1)",
        "worker.after_claim=sleep",
        "worker.after_claim=sleep(soon)",
        "worker.after_claim=exit(1000)",
        "worker.after_claim=raise(nonsense)",
        "worker.after_claim=raise(ENONSENSE)",
        "worker.after_claim=kill9:0",
        "worker.after_claim=kill9:twice",
        "worker.after_claim=kill9 worker.before_claim=kill9",
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(wrong: str) -> None:
    with pytest.raises(Invalid, match="FAILPOINTS_INVALID"):
        failpoints.points(f"outbox.after_publish=sleep(1);{wrong}")
