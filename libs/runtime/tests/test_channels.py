"""Channels to several replicas, which live on one port of several loopback addresses: who gets which call."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import files_of, serving_tls
from perito.analysis.v1 import analysis_pb2
from perito.dataset.v1 import intake_pb2
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime import service_config
from perito_runtime.breaker import CircuitBreaker, State
from perito_runtime.grpc_client import call_error, open_channel
from perito_runtime.grpc_server import GrpcServer, build_server
from perito_runtime.tls import TlsFiles
from perito_runtime.trace_context import enter_trace, outgoing_trace
from phase_double import ASK, RUN, PhaseDouble, calling, double_service, drained
from structlog.testing import capture_logs

HERE = Path(__file__).parent
SERVICES = (phase_pb2.DESCRIPTOR.services_by_name["PhaseService"],)


class Replica(PhaseDouble):
    """Counts what it was asked, and is busy where it is told so."""

    def __init__(self, name: str) -> None:
        super().__init__(self._describe, self._run)
        self.name = name
        self.error: PeritoError | None = None
        self.asked: Counter[str] = Counter()

    async def _describe(self, _context: Any) -> phase_pb2.DescribePhaseResponse:
        self.asked["describe"] += 1
        if self.error is not None:
            raise self.error
        return phase_pb2.DescribePhaseResponse(name=self.name)

    async def _run(self, _request: Any, _context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        self.asked["run"] += 1
        if self.error is not None:
            raise self.error
        yield phase_pb2.RunPhaseResponse(result=phase_pb2.PhaseResult(phase=self.name))


@asynccontextmanager
async def replicas(
    count: int, tls: TlsFiles | None = None
) -> AsyncGenerator[tuple[str, list[Replica], list[GrpcServer]], None]:
    """A target with that many replicas."""
    doubles, servers, port = [Replica(str(number)) for number in range(count)], list[GrpcServer](), "0"
    async with AsyncExitStack() as stack:
        for number, double in enumerate(doubles, 1):
            server = build_server([double_service(double)], f"127.0.0.{number}:{port}", tls=tls)
            await server.start()
            stack.push_async_callback(server.stop, 0.2)
            servers.append(server)
            port = server.address.rpartition(":")[2]
        yield "ipv4:" + ",".join(server.address for server in servers), doubles, servers


async def described(channel: grpc.aio.Channel, calls: int) -> Counter[str]:
    """Who answered."""
    stub = phase_pb2_grpc.PhaseServiceStub(channel)
    return Counter([(await stub.DescribePhase(ASK, timeout=5)).name for _ in range(calls)])


@pytest.mark.parametrize("secure", [False, True])
async def test_calls_go_round_those_that_do_not_leave(tmp_path: Path, secure: bool) -> None:
    tls = files_of(tmp_path, "validation") if secure else None
    async with replicas(3, tls) as (target, _, servers), open_channel(target, tls=tls, services=SERVICES) as channel:
        await settled(channel, {"0", "1", "2"})
        assert await described(channel, 9) == {"0": 3, "1": 3, "2": 3}
        await servers[2].say_ready(ready=False)  # it lacks something, and says so better than a channel could
        await servers[1].say_not_serving()
        await settled(channel, {"0", "2"})
        assert await described(channel, 8) == {"0": 4, "2": 4}


async def settled(channel: grpc.aio.Channel, names: set[str]) -> None:
    """Returns when these replicas answer, and no others; health reaches a channel a moment later."""
    async with asyncio.timeout(5):
        while set(await described(channel, 3 * len(names) + 3)) != names:
            pass


async def test_what_is_idempotent_goes_to_the_next_where_one_is_busy_and_a_run_does_not() -> None:
    async with replicas(2) as (target, doubles, _), open_channel(target, services=SERVICES) as channel:
        await settled(channel, {"0", "1"})
        doubles[1].error = Unavailable("BUSY", "All slots are taken.")
        doubles[1].asked.clear()
        assert await described(channel, 10) == {"0": 10}
        assert doubles[1].asked["describe"] >= 4
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        ran = [await asyncio.gather(drained(stub.RunPhase(RUN, timeout=5)), return_exceptions=True) for _ in range(6)]
        refused = [call_error(one) for (one,) in ran if isinstance(one, grpc.aio.AioRpcError)]
        assert [error.reason for error in refused] == ["BUSY"] * 3
        assert (doubles[0].asked["run"], doubles[1].asked["run"]) == (3, 3)


async def test_retries_end_where_most_calls_fail() -> None:
    async with replicas(1) as (target, doubles, _), open_channel(target, services=SERVICES) as channel:
        await settled(channel, {"0"})
        doubles[0].error = Unavailable("BUSY", "All slots are taken.")
        doubles[0].asked.clear()
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        calls = 120
        outcomes = await asyncio.gather(
            *(stub.DescribePhase(ASK, timeout=5) for _ in range(calls)), return_exceptions=True
        )
        assert all(isinstance(outcome, grpc.aio.AioRpcError) for outcome in outcomes)
        assert calls + 40 < doubles[0].asked["describe"] < 2 * calls


@pytest.mark.parametrize("grace", [0, 1])
async def test_a_replica_that_ends_under_load_costs_no_call(grace: float) -> None:
    async with replicas(2) as (target, _, servers), open_channel(target, services=SERVICES) as channel:
        await settled(channel, {"0", "1"})
        load = [asyncio.create_task(described(channel, 100)) for _ in range(8)]
        await asyncio.sleep(0.1)
        await servers[0].stop(grace)
        answered = sum(await asyncio.gather(*load), Counter[str]())
        assert answered.total() == 800
        assert set(await described(channel, 4)) == {"1"}


async def test_a_patient_call_waits_for_a_replica_and_another_fails_at_once(short_dir: Path) -> None:
    address = f"unix:{short_dir}/s"
    async with (
        open_channel(address, services=SERVICES, patience=30) as patient,
        open_channel(address, services=SERVICES) as hasty,
    ):
        waiting = asyncio.create_task(described(patient, 1))
        with pytest.raises(grpc.aio.AioRpcError):
            await described(hasty, 1)
        assert not waiting.done()
        server = build_server([double_service(Replica("late"))], address)
        await server.start()
        assert await waiting == {"late": 1}
        await server.stop(0)


async def test_patience_ends_within_a_calls_time(short_dir: Path) -> None:
    async with open_channel(f"unix:{short_dir}/s", services=SERVICES, patience=0.1) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as impatient:
            await described(channel, 1)
        assert impatient.value.code() is grpc.StatusCode.UNAVAILABLE
    async with open_channel(f"unix:{short_dir}/s", services=SERVICES, patience=600) as channel:
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await stub.DescribePhase(ASK, timeout=0.2)
        assert late.value.code() in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}
        with pytest.raises(grpc.aio.AioRpcError):
            await asyncio.wait_for(drained(stub.RunPhase(RUN, timeout=0.2)), 60)


async def test_a_frozen_replica_costs_time_and_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_config, "_SILENCE", "0.3s")
    async with replicas(1) as (target, _, _):
        other = f"127.0.0.2:{target.rpartition(':')[2]}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(HERE / "frozen_replica.py"), other), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            while await process.stdout.readline() != b"ready\n":
                pass
            async with open_channel(f"{target},{other}", services=SERVICES) as channel:
                await settled(channel, {"0", "double"})
                process.send_signal(signal.SIGSTOP)
                assert await described(channel, 6) == {"0": 6}
        finally:
            process.kill()
            await process.wait()


async def test_the_other_side_must_be_who_it_should_be(tmp_path: Path) -> None:
    async with serving_tls(files_of(tmp_path, "validation")) as server:
        caller = files_of(tmp_path, "edge")
        async with open_channel(server.address, tls=caller, name="validation") as channel:
            assert await described(channel, 1)
        with capture_logs() as logs:
            async with open_channel(server.address, tls=caller, name="orchestrator") as channel:
                with pytest.raises(grpc.aio.AioRpcError):
                    await described(channel, 1)
        told = [entry for entry in logs if entry["event"] == "nobody answers"]
        assert "Hostname Verification Check failed" in told[0]["why"]


async def test_the_circuit_opens_where_nobody_answers_and_closes_again(short_dir: Path) -> None:
    breaker = CircuitBreaker("there", pause=0.1)
    address = f"unix:{short_dir}/late"
    async with open_channel(address, breaker=breaker) as channel:
        for _ in range(5):
            with pytest.raises(grpc.aio.AioRpcError):
                await described(channel, 1)
        assert breaker.state is State.OPEN
        with pytest.raises(grpc.aio.AioRpcError, match=r"circuit of unix:\S+ is open"):
            await described(channel, 1)
        server = build_server([double_service(PhaseDouble())], address)
        await server.start()
        answered = 0
        async with asyncio.timeout(10):
            while not answered:
                await asyncio.sleep(0.1)
                answered = sum(isinstance(a, Counter) for a in await gathered(described(channel, 1)))
        assert state_of(breaker) is State.CLOSED
        await server.stop(0)


async def test_silence_is_told_once_and_so_is_its_end(short_dir: Path) -> None:
    address = f"unix:{short_dir}/late"
    server = build_server([double_service(PhaseDouble())], address)
    async with open_channel(address) as channel:
        with capture_logs() as logs:
            for _ in range(3):
                with pytest.raises(grpc.aio.AioRpcError):
                    await described(channel, 1)
            await server.start()
            await channel.channel_ready()
            await described(channel, 2)
    told = [entry["event"] for entry in logs if entry["event"] in ("nobody answers", "answers again")]
    assert told == ["nobody answers", "answers again"]
    await server.stop(0)


async def gathered(call: Awaitable[Counter[str]]) -> list[Counter[str] | BaseException]:
    """The outcome, whatever it is."""
    return list(await asyncio.gather(call, return_exceptions=True))


def state_of(breaker: CircuitBreaker) -> State:
    """Asked anew: a checker of types believes that what was asserted once stays so."""
    return breaker.state


async def test_an_answer_is_no_reason_to_open_whatever_it_says(short_dir: Path) -> None:
    breaker = CircuitBreaker("there")
    async with replicas(1) as (_, doubles, servers), open_channel(servers[0].address, breaker=breaker) as channel:
        doubles[0].error = Unavailable("BUSY", "All slots are taken.")
        for _ in range(12):
            with pytest.raises(grpc.aio.AioRpcError):
                await described(channel, 1)
        assert breaker.state is State.CLOSED
        call = phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_trace_goes_on_from_call_to_call(short_dir: Path) -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=1"}
    seen: list[dict[str, str]] = []

    async def describe(context: Any) -> phase_pb2.DescribePhaseResponse:
        seen.append(outgoing_trace())
        return phase_pb2.DescribePhaseResponse(name="double")

    async with calling(PhaseDouble(describe), short_dir) as stub:

        async def traced() -> None:
            enter_trace(trace)
            await stub.DescribePhase(ASK)

        await asyncio.create_task(traced())
        await stub.DescribePhase(ASK)
    assert seen[0] == trace
    assert seen[-1] == {}, "a call without a trace belongs to none"


def test_only_what_the_contract_marks_is_sent_again() -> None:
    described = {
        method.name: service_config.retry_policy(method)
        for service in (*SERVICES, analysis_pb2.DESCRIPTOR.services_by_name["AnalysisService"])
        for method in service.methods
    }
    never = {name for name, policy in described.items() if policy is None}
    accepting = {"CreateDataset", "SubmitAnalysis", "RerunAnalysis", "BatchSubmit"}
    assert never == accepting | {"RunPhase", "DeleteDataset", "DeleteAnalysis"}
    assert "perAttemptRecvTimeout" not in (described["CancelAnalysis"] or {})
    propose = intake_pb2.DESCRIPTOR.services_by_name["IntakeService"].methods_by_name["ProposeMapping"]
    assert "perAttemptRecvTimeout" not in (service_config.retry_policy(propose) or {}), (
        "it reads files, which takes its time"
    )
