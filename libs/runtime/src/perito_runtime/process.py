"""The main of every service process: its manual, a look at one that runs, or the service until it is told to stop.

`python -m perito_<service>` serves, `--help` lists the settings, `--probe live|ready|started` asks the process that
these settings describe, which is how containers and Kubernetes look after it without another program in the image.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from perito_kernel.errors import PeritoError

from perito_runtime.failpoints import arm_from_environment
from perito_runtime.logs import configure_logs, logger
from perito_runtime.probe import PROBES, probe_grpc
from perito_runtime.settings import ServiceSettings, manual, read_settings, unknown_variables

Settings = TypeVar("Settings", bound=ServiceSettings)

CANNOT_START, NOT_WELL = 2, 1
_log = logger("process")


def run_process(
    module: str,
    kind: type[Settings],
    serve: Callable[[Settings], Coroutine[Any, Any, None]],
    probe: Callable[[ServiceSettings, str], Coroutine[Any, Any, None]] = probe_grpc,
    run: Callable[[Coroutine[Any, Any, None]], None] = asyncio.run,
) -> None:
    """Runs `serve` with settings of this kind. Exits with 2 and one sentence on stderr where it cannot start.

    `module` is what stands after `python -m`; `probe` raises `PeritoError` where the process is not as it was asked;
    `run` makes the event loop.
    """
    match sys.argv[1:]:
        case []:
            _exit_on_error(lambda: _served(kind, serve, run), CANNOT_START)
        case ["-h" | "--help"]:
            sys.stdout.write(manual(module, kind))
        case ["--probe", what] if what in PROBES:
            _exit_on_error(lambda: asyncio.run(probe(read_settings(kind), what)), NOT_WELL)
        case arguments:
            sys.stderr.write(
                f"{' '.join(arguments)[:100]!r} is not understood. Everything is set by the environment:"
                f" python -m {module} --help tells how. To ask a process that runs: --probe {'|'.join(PROBES)}.\n"
            )
            sys.exit(CANNOT_START)


def _served(
    kind: type[Settings],
    serve: Callable[[Settings], Coroutine[Any, Any, None]],
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    settings = read_settings(kind)
    configure_logs(settings.log_level)
    if armed := arm_from_environment():
        _log.warning("failpoints are armed", points=armed)
    for name, meant in unknown_variables(kind).items():
        _log.warning("variable is no setting of this process", name=name, nearest=meant)
    run(serve(settings))


def _exit_on_error(work: Callable[[], None], code: int) -> None:
    try:
        work()
    except PeritoError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(code)
