"""A phase in a process of its own, for tests that freeze it: `python frozen_replica.py 127.0.0.2:50051`."""

import asyncio
import sys

from perito_runtime.grpc_server import build_server
from phase_double import PhaseDouble, double_service


async def main(address: str) -> None:
    """Serves until it is killed."""
    server = build_server([double_service(PhaseDouble())], address)
    await server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
