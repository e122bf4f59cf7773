"""A process that serves gRPC forks to start others: gRPC's own handlers around a fork are off."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, sys
__import__(sys.argv[1])
import grpc

async def main():
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    await server.stop(None)

asyncio.run(main())
"""
"""Loads a package, then gRPC, and forks while it serves."""


@pytest.mark.parametrize("package", ["perito_runtime", "perito_standalone"])
def test_grpc_does_nothing_around_a_fork(package: str) -> None:
    assert "fork_posix" not in said(package)


def test_it_would_say_so() -> None:
    assert "fork_posix" in said("json")


def said(package: str) -> str:
    """What gRPC notes of forks in a process that loads this first."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRPC_")}
    environment = {**inherited, "GRPC_TRACE": "fork", "GRPC_VERBOSITY": "debug"}
    command = [sys.executable, "-c", PROGRAM, package]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stderr
