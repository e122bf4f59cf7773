"""What goes wrong at one side of a real socket, as the other side sees it."""

from pathlib import Path

import grpc
import pytest

# google.rpc ships its stubs without saying so.
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.error_details_pb2 import ErrorInfo
from hypothesis import given
from hypothesis import strategies as st
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Internal, Invalid, Kind, PeritoError, Unavailable
from perito_runtime.error_kinds import CODE_OF_KIND, error_of_kind, kind_of_code
from perito_runtime.grpc_client import call_error, call_errors, open_channel
from perito_runtime.grpc_errors import DOMAIN, STATUS_KEY, error_status
from perito_runtime.request_context import enter_request
from phase_double import ASK, RUN, PhaseDouble, calling, drained, raising


@pytest.mark.parametrize("kind", list(Kind))
async def test_error_arrives_as_it_was_raised(short_dir: Path, kind: Kind) -> None:
    details: dict[str, str | int] = {"file": "ventas año.csv", "row": 7, "column": "12"}
    error = error_of_kind(kind.value, "SOME_REASON", "La fila 7 no tiene fecha: añádela.", details)
    async with calling(raising(error), short_dir) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.DescribePhase(ASK)
        assert caught.value.code() is CODE_OF_KIND[kind]
        with pytest.raises(type(error)) as told:
            async with call_errors():
                await drained(stub.RunPhase(RUN))
    for got in (call_error(caught.value), told.value):
        assert type(got) is type(error)
        assert (got.kind, got.reason, got.message, got.details) == (kind, "SOME_REASON", error.message, details)


async def test_any_other_exception_tells_nothing(short_dir: Path) -> None:
    async with calling(raising(KeyError("secret of a client")), short_dir) as stub:
        with pytest.raises(Internal) as caught:
            async with call_errors():
                await stub.DescribePhase(ASK)
    assert caught.value.reason == "INTERNAL"
    assert "secret" not in str(caught.value)


async def test_error_longer_than_trailers_hold_still_arrives(short_dir: Path) -> None:
    long = Invalid("TOO_MANY_FAULTS", "ñ" * 50_000, {f"file {n}": "é" * 5_000 for n in range(200)})
    async with calling(raising(long), short_dir) as stub:
        with pytest.raises(Invalid) as caught:
            async with call_errors():
                await stub.DescribePhase(ASK)
    assert caught.value.reason == "TOO_MANY_FAULTS"
    assert caught.value.message.startswith("ñññ")


@given(
    kind=st.sampled_from(list(Kind)),
    message=st.text(max_size=2000),
    details=st.dictionaries(st.text(max_size=50), st.text(max_size=500) | st.integers(), max_size=30),
)
def test_status_of_any_error_fits_into_trailers(kind: Kind, message: str, details: dict[str, str | int]) -> None:
    status = error_status(error_of_kind(kind.value, "SOME_REASON", message, details))
    assert status.ByteSize() * 4 / 3 + 3 * len(status.message.encode()) < 16_000
    assert kind_of_code(CODE_OF_KIND[kind]) is kind


@pytest.mark.parametrize("code", [grpc.StatusCode.DATA_LOSS.value[0], 99])
def test_an_error_of_another_version_is_read_as_far_as_it_can_be(code: int) -> None:
    """A code that none of ours uses, and a detail that is called a number and is none."""
    status = status_pb2.Status(code=code, message="Something new.")
    details = {"rows": "7", "bold": "True", "perito.integers": "rows,bold,gone"}
    status.details.add().Pack(ErrorInfo(reason="NEW_REASON", domain=DOMAIN, metadata=details))
    trailers = grpc.aio.Metadata((STATUS_KEY, status.SerializeToString()))
    told = call_error(grpc.aio.AioRpcError(grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), trailers))
    assert (told.kind, told.reason, told.message) == (Kind.INTERNAL, "NEW_REASON", "Something new.")
    assert told.details == {"rows": 7, "bold": "True"}


async def test_time_that_is_over_is_told_and_not_waited_for(short_dir: Path) -> None:
    async with calling(PhaseDouble(), short_dir) as stub:
        enter_request("", 0.0)
        for call in (stub.DescribePhase(ASK), drained(stub.RunPhase(RUN))):
            with pytest.raises(Unavailable) as caught:
                async with call_errors():
                    await call
            assert caught.value.reason == "DEADLINE_EXCEEDED"
        enter_request("", None)


async def test_message_within_and_beyond_the_bound(short_dir: Path) -> None:
    async with calling(PhaseDouble(), short_dir) as stub:
        fits = phase_pb2.RunPhaseRequest(params_json="x" * 7 * 1024**2)
        assert [message async for message in stub.RunPhase(fits)]
        with pytest.raises(PeritoError) as caught:
            async with call_errors():
                await drained(stub.RunPhase(phase_pb2.RunPhaseRequest(params_json="x" * 9 * 1024**2)))
        assert caught.value.reason == "MESSAGE_TOO_LARGE"


async def test_server_that_is_not_there(short_dir: Path) -> None:
    async with open_channel(f"unix:{short_dir}/nobody") as channel:
        with pytest.raises(Unavailable) as caught:
            async with call_errors():
                await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK)
    assert caught.value.reason == "SERVICE_UNAVAILABLE"
