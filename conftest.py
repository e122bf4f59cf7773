"""What holds for every test: the real books may be absent, and nothing else may be skipped.

A skip hides a missing server or a broken fixture, so it is turned into a failure. The marker `shared_data` is the one
exception: the books it needs stand beside the project on some machines only.
"""

import os
from collections.abc import Generator
from pathlib import Path

import grpc
import pytest

SHARED_DATA = Path(__file__).resolve().parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real books. Tests that ask for it bear the marker `shared_data`."""
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands that tests run keep their key of pseudonyms here and not with the developer's own."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session", autouse=True)
def grpc_stays_up() -> None:
    """Tests run many event loops in one process. Where the last gRPC object goes with a garbage collection long after
    its loop, the library joins its polling thread there and waits for ever; as long as one use is counted, it does not.
    """
    grpc.aio.init_grpc_aio()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs the real books where there are none."""
    if SHARED_DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(pytest.mark.skip(reason="the real books are not beside the project (../shared/data)"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails, unless it waits for the real books."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("shared_data") is None:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and a skip hides what is missing: {report.longrepr}"
    return report
