"""What `perito serve` shows in a terminal: two lines that matter, and the log only where it is asked for."""

import contextlib
import os
import pty
import re
import signal
import subprocess

import httpx
import pytest

from .house import PERITO, reachable_folder


@pytest.mark.parametrize("verbose", [False, True])
def test_a_terminal_shows_address_and_key_and_no_log_unless_asked(verbose: bool) -> None:
    ours, theirs = pty.openpty()
    with reachable_folder() as base:
        options = ["--data-dir", str(base / "data"), "--port", "0", *(["--verbose"] if verbose else [])]
        process = subprocess.Popen(
            [*PERITO, "serve", *options], stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "200"}
        )
        os.close(theirs)
        shown = ""
        try:
            while "API key, shown this once: perito_live_" not in shown:
                shown += os.read(ours, 65536).decode()
            base_url = re.search(r"http://\S+:\d+", shown)
            assert base_url is not None
            assert httpx.get(base_url[0] + "/api/forensic/health").status_code == 200
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(OSError):  # what a terminal answers when nobody is left at its other end
                while more := os.read(ours, 65536).decode():
                    shown += more
            assert process.wait(30) == 0
        finally:
            process.kill()
            os.close(ours)
    assert ('"event": "request answered"' in shown) is verbose
    assert ("{" in shown) is verbose
