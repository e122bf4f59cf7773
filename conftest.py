"""What holds for every test: the real books may be absent, and nothing else may be skipped.

A skip hides a missing server or a broken fixture, so it is turned into a failure. The marker `shared_data` is the one
exception: the books it needs stand beside the project on some machines only.
"""

import gc
import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from perito_runtime.development_ca import issue
from perito_runtime.tls import TlsFiles
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]  # it has types of its own, unmarked
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]

from tests.servers import NodeTls, RabbitNode, RabbitServer, node, rabbitmq

pytest_plugins = ["tests.every_rule"]

SHARED_DATA = Path(__file__).resolve().parent.parent / "shared" / "data"

LONGEST = (
    "tests/faults/test_everyday_rows.py",
    "tests/mesh/",
    "tests/determinism/",
    "tests/lookalikes/",
    "tests/accuracy/",
    "services/standalone/",
    "services/pattern/tests/test_phantom_stock.py",
    "services/pattern/tests/test_near_duplicate_invoice.py",
    "services/reporting/tests/test_cases.py",
    "services/reporting/tests/test_page.py",
    "services/validation/",
    "services/consistency/",
)
"""What takes longest, longest first, so that the workers end together. Each module runs on one of them, with its
fixtures made once."""

UNTRACED = ("tests/", "services/consistency/", "services/performance/")
"""Coverage is what examples of the packages' own tests reach. Tests of the whole, of laws on many examples, and of
rules, which are SQL, run the same lines again and again, and tracing them took minutes."""

DEMONSTRATED = ("services/standalone/tests/test_cli.py", "services/standalone/tests/test_reproduce.py")
"""Modules that share one run of the demonstration."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real books. Tests that ask for it bear the marker `shared_data`."""
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands that tests run keep their key of pseudonyms here and not with the developer's own."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="session")
def rabbit_tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    """Certificates of the broker (`rabbitmq`), of the orchestrator, and of a stranger with an authority of his own."""
    folder = tmp_path_factory.mktemp("rabbitmq-tls")
    issued = {one.service: one.files for one in issue(folder / "ours", ["rabbitmq", "orchestrator"])}
    return issued | {"stranger": issue(folder / "other", ["stranger"])[0].files}


@pytest.fixture(scope="session")
def rabbit_node(rabbit_tls: dict[str, TlsFiles]) -> Iterator[RabbitNode]:
    """A RabbitMQ that the tests of this process share and may break, if they mend it."""
    own = rabbit_tls["rabbitmq"]
    with node(NodeTls(own.certificate, own.key, own.authority)) as running:
        yield running


@pytest.fixture(scope="session")
def rabbit(request: pytest.FixtureRequest) -> Iterator[RabbitServer]:
    """A RabbitMQ that every test of this process shares; each makes a virtual host of its own (`rabbit.vhost()`)."""
    if os.environ.get("PERITO_TEST_RABBITMQ"):
        with rabbitmq() as server:
            yield server
        return
    shared: RabbitNode = request.getfixturevalue("rabbit_node")
    yield RabbitServer(shared.url, shared.api)


@pytest.fixture(scope="module", autouse=True)
def own_logs() -> None:
    """What another module's process or command set up for its logs hides no line from this one's tests."""
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def grpc_stays_up() -> None:
    """Tests run many event loops in one process. Where the last gRPC object goes with a garbage collection long after
    its loop, the library joins its polling thread there and waits for ever; as long as one use is counted, it does not.
    """
    import grpc  # noqa: PLC0415 - after perito_runtime, which says what gRPC must know before it is loaded

    grpc.aio.init_grpc_aio()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs the real books where there are none; what takes longest comes first."""
    for item in items:
        if item.get_closest_marker("shared_data") and not SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="the real books are not beside the project (../shared/data)"))
    items.sort(key=lambda item: next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), 99))


def pytest_collection_finish() -> None:
    """Thousands of collected tests are not walked through again and again: a tenth of the time of a worker."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Traces what counts for coverage, fixtures too (pytest-cov's marker `no_cover` leaves them traced)."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin is not None and plugin.cov_controller is not None:
        law = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        traced = not law and not item.nodeid.startswith(UNTRACED)
        if traced and not plugin.cov_controller.started:
            plugin.cov_controller.resume()
        elif not traced and plugin.cov_controller.started:
            plugin.cov_controller.pause()
    return (yield)


class Together(LoadScopeScheduling):
    """Tests that share costly fixtures run on one worker: those of a module, of the same made books, of the broker."""

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        books = re.search(r"\[(crestline|seed \d+)\]", test)
        if module in DEMONSTRATED:
            return DEMONSTRATED[0]
        if Path(module).name.startswith("test_rabbit"):
            return "rabbitmq"
        return f"{Path(module).parent} {books[1]}" if books else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Groups as above, in the order of collection (xdist's own groups need pytest before 9.2: its issue 1386)."""
    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails, unless it waits for the real books."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("shared_data") is None:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and a skip hides what is missing: {report.longrepr}"
    return report
