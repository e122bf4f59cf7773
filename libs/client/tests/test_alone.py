"""The client stands alone: whoever installs it gets nothing of the services."""

import subprocess
import sys


def test_importing_it_imports_no_other_part_of_perito() -> None:
    script = (
        "import sys, perito_client; print(*sorted(m for m in sys.modules if m.partition('.')[0].startswith('perito')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert tops == {"perito_client"}
