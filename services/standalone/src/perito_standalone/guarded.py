"""What every command has around its work: errors that become sentences, exit codes, and where it prints."""

import asyncio
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from perito_kernel.errors import PeritoError
from rich.console import Console

FAILED = 2
_INTERRUPTED = 130


def guarded(work: Callable[[], int], log: Callable[[], Path | None]) -> int:
    """Runs a command's work; every error becomes a sentence on stderr and exit code 2. `log` is where the trace is."""
    try:
        return work()
    except PeritoError as error:
        places = [f"{word} {error.details[word]}" for word in ("file", "row", "column") if word in error.details]
        shown = [place for place in places if place.partition(" ")[2] not in error.message]
        sys.stderr.write(error.message + (f" ({', '.join(shown)})" if shown else "") + "\n")
        return FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("Stopped.\n")
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last resort: a sentence for people; the trace is in the log)
        path = log()
        where = f"see {path}" if path and path.exists() else traceback.format_exception_only(error)[-1].strip()
        sys.stderr.write(f"Perito failed by a fault of its own: {where}\n")
        return FAILED


def plain_console() -> Console:
    """Where a command prints: in colour on a terminal, 120 columns wide elsewhere."""
    plain = not sys.stdout.isatty()
    return Console(highlight=False, width=120 if plain else None, no_color=plain or None)
