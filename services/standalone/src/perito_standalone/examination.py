"""Examines one set of books on the terminal: what is used, how it goes, what it came to; the log stands in a file."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncGenerator, Coroutine, Generator
from pathlib import Path
from typing import TypeVar

from perito_kernel.errors import Invalid, PeritoError
from perito_reporting.voice import Language
from perito_runtime.logs import configure_logs
from rich.console import Console

from perito_standalone.analyze import Asked, Finished, analyzed, prepare_out
from perito_standalone.books_folder import DEFAULT_MAPPING, Books, find_books
from perito_standalone.guarded import plain_console
from perito_standalone.outcome import print_outcome, read_report
from perito_standalone.printed import left_alone, printed
from perito_standalone.progress import PhaseProgress
from perito_standalone.supervisor import Supervisor
from perito_standalone.understanding_print import print_brief

LOG = "perito.log"
_Answer = TypeVar("_Answer")


def examined(path: Path, mapping: Path | None, out: Path, asked: Asked) -> Finished:
    """Examines books and prints how it goes and what it came to. Raises `PeritoError`."""

    async def work() -> Finished:
        async with examining(path, mapping, out, asked) as (finished, _):
            return finished

    return asyncio.run(until_told(work()))


@contextlib.asynccontextmanager
async def examining(
    path: Path, mapping: Path | None, out: Path, asked: Asked
) -> AsyncGenerator[tuple[Finished, Supervisor]]:
    """Examines books and prints how it goes and what it came to; the house that did it stands while the block lasts.

    Raises `PeritoError`.
    """
    console, lang = plain_console(), asked.lang
    books = find_books(path, mapping)
    if asked.hints and books.mapping is not None:
        raise Invalid("OPTION_INVALID", f"--currency and --timezone stand in the mapping {books.mapping}: correct it.")
    for unused in books.unused:
        console.print(f"{printed(lang, 'not_named')}: {unused}", markup=False)
    console.print(left_alone(lang, books.left), markup=False, end="")
    prepare_out(out, books)
    console.print(printed(lang, "starting"))
    async with contextlib.AsyncExitStack() as standing:
        standing.enter_context(_logged_to(out / LOG))
        with PhaseProgress(console, lang) as progress:
            work = analyzed(books, out, asked, progress.show)
            finished, supervisor = await standing.enter_async_context(work)
        await asyncio.to_thread(_print_end, console, books, finished, out, lang)
        yield finished, supervisor


def _print_end(console: Console, books: Books, finished: Finished, out: Path, lang: Language) -> None:
    if books.mapping is None and finished.reported:
        print_brief(console, read_report(out)["understanding"], lang)
        console.print(printed(lang, "mapping_used", path=out / DEFAULT_MAPPING), soft_wrap=True, markup=False)
    print_outcome(console, finished, out, lang)


async def until_told(work: Coroutine[object, object, _Answer]) -> _Answer:
    """SIGTERM ends the work as Ctrl-C does, so that no server and no temporary directory is left."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


@contextlib.contextmanager
def _logged_to(path: Path) -> Generator[None, None, None]:
    root = logging.getLogger()
    before = root.handlers[:]
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with path.open("w", encoding="utf-8", buffering=1) as stream:
        configure_logs("INFO", stream)
        try:
            yield
        except PeritoError:
            raise
        except Exception as error:
            root.error("command failed", exc_info=error)
            raise
        finally:
            root.handlers[:] = before
