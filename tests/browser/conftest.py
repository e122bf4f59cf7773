"""A served all-in-one and a browser, each made once."""

import asyncio
import os
import threading
from collections.abc import Generator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from perito_edge.settings import EdgeSettings
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.postgres import PostgresSettings
from perito_standalone.supervisor import Supervisor, SupervisorSettings
from playwright.sync_api import Browser

from tests.lookalikes.crestline_like import write_crestline_like

from .chromium import chromium as the_browser


@dataclass(frozen=True)
class Served:
    """Where it serves, and its first key, which may do everything."""

    base: str
    key: str


@pytest.fixture(scope="session")
def served() -> Generator[Served]:
    """An all-in-one in a thread of its own, because the browser is driven from this one."""
    configure_logs("ERROR")
    up: Future[Served] = Future()
    over = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(up, over)), name="all-in-one")
    thread.start()
    try:
        yield up.result(60)
    finally:
        over.set()
        thread.join(60)


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """The browser, of each module its own: as long as one is driven an event loop runs, beside which no asynchronous
    test can, and this process may be given such a module next."""
    with the_browser() as browser:
        yield browser


@pytest.fixture(
    scope="session",
    params=[pytest.param("crestline", marks=(pytest.mark.shared_data, pytest.mark.trial_books)), "alike"],
)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of books: some that are like crestline's, and, in the trial `books`, crestline's own."""
    if request.param == "crestline":
        folder: Path = request.getfixturevalue("shared_data") / "crestline"
        return folder
    folder = tmp_path_factory.mktemp("alike") / "books"
    write_crestline_like(folder, 1)
    return folder


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: into the user guide where PERITO_SCREENSHOTS names its folder, else nowhere that stays."""
    named = os.environ.get("PERITO_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("shots")


async def _serve(up: "Future[Served]", over: threading.Event) -> None:
    try:
        async with temporary_directory() as folder:
            settings = SupervisorSettings(
                folder,
                listen="127.0.0.1:0",
                postgres=PostgresSettings(durable=False),
                edge=EdgeSettings.for_each_scope(100_000),  # a journey looks at pages faster than people do
            )
            async with Supervisor(settings) as supervisor:
                up.set_result(Served(f"http://{supervisor.address.removeprefix('http://')}", str(supervisor.first_key)))
                await asyncio.to_thread(over.wait)
    except BaseException as error:
        if not up.done():
            up.set_exception(error)
        raise
