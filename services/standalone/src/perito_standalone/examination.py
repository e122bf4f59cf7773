"""Examines one set of books on the terminal: what is used, how it goes, what it came to; the log stands in a file."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Generator, Mapping
from pathlib import Path
from typing import TypeVar

from perito_kernel.errors import Invalid, PeritoError
from perito_reporting.voice import Language
from perito_runtime.logs import configure_logs

from perito_standalone.analyze import Finished, analyze, prepare_out
from perito_standalone.books_folder import DEFAULT_MAPPING, find_books
from perito_standalone.guarded import plain_console
from perito_standalone.outcome import print_outcome, read_report
from perito_standalone.printed import left_alone, printed
from perito_standalone.progress import PhaseProgress
from perito_standalone.understanding_print import print_brief

LOG = "perito.log"
_Answer = TypeVar("_Answer")


def examined(
    path: Path,
    mapping: Path | None,
    out: Path,
    name: str,
    budget: int,
    pseudonym_key: str,
    lang: Language,
    hints: Mapping[str, str],
) -> Finished:
    """Examines books and prints how it goes and what it came to. Raises `PeritoError`."""
    console = plain_console()
    books = find_books(path, mapping)
    if hints and books.mapping is not None:
        raise Invalid("OPTION_INVALID", f"--currency and --timezone stand in the mapping {books.mapping}: correct it.")
    for unused in books.unused:
        console.print(f"{printed(lang, 'not_named')}: {unused}", markup=False)
    console.print(left_alone(lang, books.left), markup=False, end="")
    prepare_out(out, books)
    console.print(printed(lang, "starting"))
    with _logged_to(out / LOG), PhaseProgress(console, lang) as progress:
        work = analyze(books, out, name, progress.show, budget, pseudonym_key, hints, lang)
        finished = asyncio.run(until_told(work))
    if books.mapping is None and finished.reported:
        print_brief(console, read_report(out)["understanding"], lang)
        console.print(printed(lang, "mapping_used", path=out / DEFAULT_MAPPING), soft_wrap=True, markup=False)
    print_outcome(console, finished, out, lang)
    return finished


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
