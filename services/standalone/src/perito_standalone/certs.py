"""What `perito certs dev` does and prints."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from perito_runtime.development_ca import SERVICES, issue

from perito_standalone.guarded import guarded, plain_console


def run_certs_dev(folder: Path, services: Sequence[str], days: int) -> int:
    """`perito certs dev`. Returns the exit code."""

    def work() -> int:
        issued = issue(folder, services or SERVICES, life=timedelta(days=days))
        console = plain_console()
        width = max(len(one.service) for one in issued)
        for one in issued:
            was = "made" if one.made else "kept"
            console.print(f"{was}  {one.service:{width}}  good until {one.expires:%Y-%m-%d %H:%M} UTC", markup=False)
        files = issued[0].files
        console.print(f"\nA process is {issued[0].service} with these in its environment (the others likewise):")
        for name, path in (("CERTIFICATE", files.certificate), ("KEY", files.key), ("AUTHORITY", files.authority)):
            console.print(f"  PERITO_TLS_{name}={path.absolute()}", markup=False, soft_wrap=True)
        console.print("For development only. How clients use them: docs/grpc.md")
        return 0

    return guarded(work, lambda: None)
