"""Production's compose file: TLS outside, mutual TLS inside, two of each, and who cannot reach or read what."""

import asyncio
import json
import os
import re
import ssl
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from perito_client import connect

from deploy.credentials import make
from tests.mesh.examined import Examined, nothing, through
from tests.servers.ports import free_ports
from tests.trials.containers.confined import OURS, look
from tests.trials.containers.development import KEY_FILE
from tests.trials.containers.outside import tls_answers
from tests.trials.containers.refusals import refused
from tests.trials.containers.stack import Stack, docker, service_of
from tests.trials.harness.catalogue import Say, TrialFailed

_ASKED = 200
_BELIEVED_SECONDS = 4
"""After which every edge knows what has changed about a key (three seconds, docs/keys.md)."""
_UNKNOWN_NAMES = {
    "validation": ("postgres", "rabbitmq", "redis"),
    "edge": ("postgres", "rabbitmq"),
    "nginx": ("postgres",),
}
_STRANGER = """
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
try:
    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel("validation:50051"))
    stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
    print("answered")
except grpc.RpcError as error:
    print(error.code().name)
"""
_EDGE_TO_PHASE = """
import grpc
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
read = lambda name: open("/run/secrets/tls/edge/" + name, "rb").read()
credentials = grpc.ssl_channel_credentials(read("authority.crt"), read("tls.key"), read("tls.crt"))
try:
    stub = phase_pb2_grpc.PhaseServiceStub(grpc.secure_channel("validation:50051", credentials))
    stub.DescribePhase(phase_pb2.DescribePhaseRequest(), timeout=5)
    print("answered")
except grpc.RpcError as error:
    print(error.code().name)
"""


def run(books: Path, folder: Path, version: str, reference: Examined, say: Say) -> Mapping[str, Any]:
    """Figures. `reference`: what the same books came to in development."""
    secrets = folder / "secrets"

    def make_all() -> None:
        list(make(secrets, "perito.example"))

    make_all()
    http, https = free_ports(2)
    settings = {
        "PERITO_SECRETS_DIR": str(secrets),
        "PERITO_VERSION": version,
        "PERITO_HTTP_PORT": f"{http}",
        "PERITO_HTTPS_PORT": f"{https}",
    }
    stack = Stack("perito-trial-production", "compose.production.yaml", settings)
    stack.down()
    sentences = refused(stack, secrets, make_all, say)
    with stack.up() as seconds:
        say(f"production is up after {seconds:.1f} s")
        authority = secrets / "authority" / "authority.crt"
        figures = {
            "start_seconds": round(seconds, 1),
            "refused": sentences,
            "tls": tls_answers(http, https, authority),
            "published": _published(stack),
            "replicas": _replicas(stack),
            "memory_idle_bytes": _memory(stack),
            "containers": look(stack),
            "versions": _versions(stack),
            "refused_calls": _refused_calls(stack),
        }
        say("an analysis through TLS")
        key = stack.inside("orchestrator", "cat", KEY_FILE).strip()
        found = asyncio.run(_examined(https, key, authority, books, folder / "production"))
        _same_findings(found, reference, folder)
        figures["answered_with_an_edge_killed"] = _one_edge_less(stack, https, key, authority)
        _no_secret_told(stack, secrets, key)
        figures["left"] = _left(stack)
    return figures


@contextmanager
def _believing(authority: Path) -> Generator[None]:
    """Clients of this process believe this authority alone."""
    os.environ["SSL_CERT_FILE"] = str(authority)
    try:
        yield
    finally:
        del os.environ["SSL_CERT_FILE"]


async def _examined(port: int, key: str, authority: Path, books: Path, out: Path) -> Examined:
    with _believing(authority):
        async with connect(f"https://localhost:{port}", key) as client:
            return await through(client, books, out, nothing)


def _same_findings(found: Examined, reference: Examined, folder: Path) -> None:
    """People have pseudonyms of their own in each deployment, so that bytes differ; what was found does not."""
    if found.status.status != "completed" or found.status.partial:
        raise TrialFailed(f"it ended {found.status.status} (partial: {found.status.partial})")
    rows = [len((folder / name / "report.csv").read_bytes().splitlines()) for name in ("production", "development")]
    if rows[0] != rows[1] or found.digests.keys() != reference.digests.keys():
        raise TrialFailed(f"{rows[0]} rows in the report, {rows[1]} in development")


def _one_edge_less(stack: Stack, port: int, key: str, authority: Path) -> int:
    """Answers to requests of which one edge hears nothing any more. Raises TrialFailed where one fails."""
    context = ssl.create_default_context(cafile=authority)
    with httpx.Client(verify=context, base_url=f"https://localhost:{port}", headers={"X-API-Key": key}) as client:
        _may_read_often(client)
        docker("kill", f"{stack.project}-edge-1")
        answers = Counter(client.get("/api/forensic/list").status_code for _ in range(_ASKED))
    if answers != {200: _ASKED}:
        raise TrialFailed(f"with one of two edges killed, {_ASKED} requests were answered {dict(answers)}")
    stack.told("up", "--detach", "--wait", "edge")
    return _ASKED


def _may_read_often(client: httpx.Client) -> None:
    """Gives the client's own key a quota that the trial does not reach; 100 reads a minute is what it has by itself."""
    own = client.get("/api/forensic/keys/current").raise_for_status().json()["key_id"]
    client.patch(f"/api/forensic/keys/{own}", json={"rates": {"read": 10 * _ASKED}}).raise_for_status()
    time.sleep(_BELIEVED_SECONDS)


def _published(stack: Stack) -> list[str]:
    found: list[str] = []
    for each in stack.containers():
        ports: dict[str, object] = each["NetworkSettings"]["Ports"] or {}
        found += [f"{service_of(each)} {inside}" for inside, outside in ports.items() if outside]
    if sorted(found) != ["nginx 8080/tcp", "nginx 8443/tcp"]:
        raise TrialFailed(f"published: {found}")
    return sorted(found)


def _replicas(stack: Stack) -> Mapping[str, int]:
    healthy = Counter(
        service_of(each) for each in stack.containers() if each["State"].get("Health", {}).get("Status") == "healthy"
    )
    short = {name: healthy[name] for name in OURS if healthy[name] != 2}
    if short:
        raise TrialFailed(f"not two healthy of {short}")
    return dict(sorted(healthy.items()))


def _memory(stack: Stack) -> int:
    """What all containers take together before there is work."""
    names = [each["Name"].lstrip("/") for each in stack.containers() if each["State"]["Running"]]
    lines = docker("stats", "--no-stream", "--format", "{{json .}}", *names).splitlines()
    units = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    used = (re.match(r"([0-9.]+)([KMG]iB)", json.loads(line)["MemUsage"]) for line in lines)
    return sum(round(float(each[1]) * units[each[2]]) for each in used if each)


def _versions(stack: Stack) -> Mapping[str, str]:
    asked = {
        "rabbitmq": ("rabbitmqctl", "--quiet", "version"),
        "postgres": ("psql", "-U", "postgres", "-Atc", "SHOW server_version"),
        "redis": ("redis-server", "--version"),
        "nginx": ("sh", "-c", "nginx -v 2>&1"),
        "edge": ("python", "--version"),
    }
    told = {name: stack.inside(name, *command).strip() for name, command in asked.items()}
    if not told["rabbitmq"].startswith("4."):
        raise TrialFailed(f"RabbitMQ is {told['rabbitmq']} and not 4")
    return told


def _refused_calls(stack: Stack) -> Mapping[str, str]:
    """Who has no certificate, the wrong one, or no network in common."""
    stranger = stack.inside("edge", "python", "-c", _STRANGER).strip()
    wrong = stack.inside("edge", "python", "-c", _EDGE_TO_PHASE).strip()
    if (stranger, wrong) != ("UNAVAILABLE", "PERMISSION_DENIED"):
        raise TrialFailed(f"a phase answered {stranger} without certificate and {wrong} with the edge's")
    for service, names in _UNKNOWN_NAMES.items():
        for name in names:
            if stack.run("exec", "-T", service, "getent", "hosts", name).returncode == 0:
                raise TrialFailed(f"{service} knows where {name} is")
    return {"without certificate": stranger, "edge to a phase": wrong}


def _no_secret_told(stack: Stack, secrets: Path, key: str) -> None:
    """No log, environment or argument holds a secret."""
    told = stack.told("logs", "--no-log-prefix") + json.dumps([*stack.containers()])
    passwords = {path.name: path.read_text("utf-8").strip() for path in secrets.iterdir() if path.is_file()}
    found = [name for name, text in {**passwords, "the first API key": key}.items() if text in told]
    if found:
        raise TrialFailed(f"told in logs or in what the engine shows: {found}")


def _left(stack: Stack) -> Mapping[str, Any]:
    """How long it took to leave, and that every process of ours left by itself."""
    began = time.monotonic()
    stack.told("stop")
    codes = {f"{each['Name']}": each["State"]["ExitCode"] for each in stack.containers() if service_of(each) in OURS}
    wrong = {name: code for name, code in codes.items() if code != 0}
    if wrong:
        raise TrialFailed(f"left badly: {wrong}")
    return {"processes": len(codes), "seconds": round(time.monotonic() - began, 1)}
