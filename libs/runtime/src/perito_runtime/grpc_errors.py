"""Perito's errors as `google.rpc.Status`, and back. What one side raises, the other side gets: class, reason, message
and details. Everything is bounded, because a status travels in HTTP/2 trailers of which 8 KiB are allowed.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import grpc
from google.protobuf.duration_pb2 import Duration

# google.rpc ships its stubs without saying so.
from google.rpc import status_pb2  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from perito_kernel.errors import Kind, PeritoError

from perito_runtime.error_kinds import CODE_OF_KIND, error_of_kind, kind_of_code

DOMAIN = "perito"
STATUS_KEY = "grpc-status-details-bin"
"""Trailing metadata that holds a `google.rpc.Status`: who sends it has answered."""

_MESSAGE_CHARACTERS = 800
_VALUE_CHARACTERS = 200
_DETAILS = 12
_RETRY_SECONDS = 1
_INTEGER = re.compile(r"-?[0-9]{1,200}")
_INTEGERS = "perito.integers"  # names of the details that were integers: ErrorInfo holds text only
_WORDS_OF_CODE = {
    grpc.StatusCode.DEADLINE_EXCEEDED: ("DEADLINE_EXCEEDED", "The service did not answer in time; try again."),
    grpc.StatusCode.CANCELLED: ("CALL_CANCELLED", "The call was cancelled before it was answered; try again."),
    grpc.StatusCode.UNAVAILABLE: ("SERVICE_UNAVAILABLE", "The service cannot be reached at the moment; try again."),
    grpc.StatusCode.RESOURCE_EXHAUSTED: ("MESSAGE_TOO_LARGE", "The message is larger than the service accepts."),
    grpc.StatusCode.UNIMPLEMENTED: ("NOT_IMPLEMENTED", "The service does not know this call; compare the versions."),
}


def error_status(error: PeritoError) -> status_pb2.Status:
    """The status that tells a caller of this error, without its cause."""
    details = dict(list(error.details.items())[:_DETAILS])
    metadata = {key: str(value)[:_VALUE_CHARACTERS] for key, value in details.items()}
    integers = sorted(key for key, value in details.items() if type(value) is int)  # a bool would come as a number
    if integers:
        metadata[_INTEGERS] = ",".join(integers)
    status = status_pb2.Status(code=CODE_OF_KIND[error.kind].value[0], message=error.message[:_MESSAGE_CHARACTERS])
    status.details.add().Pack(ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata))
    if error.kind is Kind.UNAVAILABLE:
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=_RETRY_SECONDS)))
    return status


def call_error(error: grpc.aio.AioRpcError) -> PeritoError:
    """What went wrong with a call, as the error that the other side raised, or the nearest one where it raised none."""
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_KEY and isinstance(value, bytes):
            told = _from_status(status_pb2.Status.FromString(value))
            if told is not None:
                return told
    reason, message = _WORDS_OF_CODE.get(error.code(), ("CALL_FAILED", "A call between services failed."))
    return error_of_kind(kind_of_code(error.code()).value, reason, message, {"code": error.code().name})


@asynccontextmanager
async def call_errors() -> AsyncGenerator[None, None]:
    """Raises errors of calls made inside as `PeritoError`."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise call_error(error) from error


def _from_status(status: status_pb2.Status) -> PeritoError | None:
    for packed in status.details:
        info = ErrorInfo()
        if packed.Unpack(info) and info.domain == DOMAIN:
            kind = next((kind for kind, code in CODE_OF_KIND.items() if code.value[0] == status.code), Kind.INTERNAL)
            return error_of_kind(kind.value, info.reason, status.message, _details(info.metadata))
    return None


def _details(metadata: Mapping[str, str]) -> dict[str, str | int]:
    integers = set(metadata.get(_INTEGERS, "").split(","))
    return {
        key: int(value) if key in integers and _INTEGER.fullmatch(value) else value
        for key, value in metadata.items()
        if key != _INTEGERS
    }
