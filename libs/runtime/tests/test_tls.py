"""Mutual TLS over real sockets: who is let in, what is said of who is not, and certificates renewed under load."""

import asyncio
import datetime
import json
import socket
import ssl
from collections.abc import AsyncGenerator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import certificate_without_sense, files_of, serving_tls
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Invalid
from perito_runtime import grpc_server
from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_server import check_address
from perito_runtime.logs import configure_logs
from perito_runtime.tls import TlsFiles
from phase_double import ASK, RUN, PhaseDouble, drained


async def name_of(channel: grpc.aio.Channel) -> str:
    return (await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=5)).name


async def refused(channel: grpc.aio.Channel) -> None:
    async with channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await name_of(channel)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.fixture
def log() -> StringIO:
    stream = StringIO()
    configure_logs("INFO", stream)
    return stream


def events(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_both_sides_show_a_certificate_of_one_authority(tmp_path: Path) -> None:
    files = files_of(tmp_path / "a", "validation")
    orchestrator = files_of(tmp_path / "a", "orchestrator")
    stranger = files_of(tmp_path / "b", "orchestrator")
    async with serving_tls(files) as server:
        async with open_channel(server.address, tls=orchestrator) as channel:
            assert await name_of(channel) == "double"
        authority = orchestrator.authority.read_bytes()
        bare = grpc.ssl_channel_credentials(authority)
        await refused(grpc.aio.secure_channel(server.address, bare))
        await refused(open_channel(server.address))
        await refused(open_channel(server.address, tls=stranger))
        # Believes the right authority, and shows what another one signed.
        await refused(
            open_channel(server.address, tls=TlsFiles(stranger.certificate, stranger.key, orchestrator.authority))
        )


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_nothing_older_than_tls_1_2_is_spoken(tmp_path: Path) -> None:
    files = files_of(tmp_path, "validation")

    def spoken(port: int, newest: ssl.TLSVersion) -> str | None:
        context = ssl.create_default_context(cafile=str(files.authority))
        context.load_cert_chain(files.certificate, files.key)
        context.set_alpn_protocols(["h2"])
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else this side would refuse by itself
        context.minimum_version = context.maximum_version = newest
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            return secured.version()

    async with serving_tls(files) as server:
        port = int(server.address.rpartition(":")[2])
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert await asyncio.to_thread(spoken, port, version) == version.name.replace("_", ".")
        # The server hangs up; where this side had not even asked, the error would be another.
        with pytest.raises((ssl.SSLEOFError, ConnectionError)):
            await asyncio.to_thread(spoken, port, ssl.TLSVersion.TLSv1_1)


async def test_an_expired_certificate_is_refused_and_its_owner_says_why(tmp_path: Path, log: StringIO) -> None:
    files = files_of(tmp_path, "validation")
    expired = files_of(tmp_path, "orchestrator", timedelta(seconds=-1))
    async with serving_tls(files) as server:
        await refused(open_channel(server.address, tls=expired))
        said = [event for event in events(log) if event["level"] == "error"]
        assert [event["event"] for event in said] == ["own certificate has expired, other services refuse it"]
        assert said[0]["file"] == str(expired.certificate)
        assert datetime.datetime.fromisoformat(said[0]["expires"]) < datetime.datetime.now(datetime.UTC)


async def test_no_call_is_lost_while_certificates_are_renewed(tmp_path: Path, log: StringIO) -> None:
    """Both sides get new certificates under load, and the old ones expire while a stream that they began goes on."""
    life = timedelta(seconds=2)
    files = files_of(tmp_path, "validation", life), files_of(tmp_path, "orchestrator", life)
    release = asyncio.Event()

    async def run(_request: Any, _context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        yield phase_pb2.RunPhaseResponse()
        await release.wait()
        yield phase_pb2.RunPhaseResponse()

    calls = 0

    async def load(channel: grpc.aio.Channel) -> None:
        nonlocal calls
        while not release.is_set():
            assert await name_of(channel) == "double"
            calls += 1

    async with (
        serving_tls(files[0], PhaseDouble(run=run)) as server,
        open_channel(server.address, tls=files[1]) as channel,
    ):
        stream = asyncio.create_task(drained(phase_pb2_grpc.PhaseServiceStub(channel).RunPhase(RUN, timeout=20)))
        under_load = [asyncio.create_task(load(channel)) for _ in range(4)]
        for service in ("validation", "orchestrator"):
            files_of(tmp_path, service)
        await asyncio.sleep(2.5)
        before = calls
        async with open_channel(server.address, tls=files[1]) as other:  # a connection that only new ones can make
            assert await name_of(other) == "double"
        release.set()
        await asyncio.gather(*under_load)
        assert await stream == 2
        assert before > 20
    renewed = [event["identity"] for event in events(log) if event["event"] == "certificate renewed"]
    assert sorted(renewed) == ["spiffe://perito/orchestrator", "spiffe://perito/validation"]


@pytest.mark.parametrize("fault", ["half a certificate", "no sense", "the key of another", "no files", "no authority"])
async def test_files_that_are_not_sound_change_nothing(tmp_path: Path, log: StringIO, fault: str) -> None:
    files = files_of(tmp_path / "a", "validation")
    caller = files_of(tmp_path / "a", "orchestrator")
    kept = caller.authority.read_bytes()
    async with serving_tls(files) as server:
        if fault == "half a certificate":
            files.certificate.write_bytes(files.certificate.read_bytes()[:200])
        elif fault == "no sense":
            files.certificate.write_bytes(certificate_without_sense(files.key.read_bytes()))
        elif fault == "the key of another":
            files.key.write_bytes(caller.key.read_bytes())
        elif fault == "no authority":
            files.authority.write_bytes(b"")
        else:
            files.certificate.unlink()
        with pytest.raises(Invalid) as caught:
            open_channel(server.address, tls=files)
        assert caught.value.reason == "TLS_FILES_INVALID"
        caller.authority.write_bytes(kept)
        for _ in range(2):
            async with open_channel(server.address, tls=caller) as channel:
                assert await name_of(channel) == "double"
    said = [event for event in events(log) if event["event"].startswith("new certificate refused")]
    assert [event["reason"] for event in said] == ([] if fault == "no authority" else [caught.value.message])


async def test_who_connects_and_says_nothing_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_server, "HANDSHAKE_SECONDS", 0.3)
    async with serving_tls(files_of(tmp_path, "validation")) as server:
        host, _, port = server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        await writer.wait_closed()


def test_without_certificates_only_loopback_is_listened_on(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="PERITO_TLS_CERTIFICATE"):
        check_address("0.0.0.0:50051")
    assert check_address("0.0.0.0:50051", tls=True) == "0.0.0.0:50051"
    assert check_address("[::]:50051", tls=True) == "[::]:50051"
    with pytest.raises(Invalid):
        check_address("50051", tls=True)
