"""What happens around every call that is served, in one fixed order, whatever the service.

Outermost first: errors, request with its trace, deadline, a service's own, logging. Each is an
async context manager around the call, so one class here fits them to gRPC's four kinds of methods.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import grpc
import structlog
from grpc_status import rpc_status
from perito_kernel.errors import Internal, Invalid, Kind, PeritoError

from perito_runtime.grpc_errors import error_status
from perito_runtime.logs import LineOfEachRequest, logger
from perito_runtime.request_context import (
    ACTOR_KEY,
    REQUEST_KEY,
    TENANT_KEY,
    enter_acting_key,
    enter_request,
    metadata_of,
)
from perito_runtime.trace_context import enter_trace

Around = Callable[[str, Any], AbstractAsyncContextManager[None]]
"""(full method name, servicer context) to what is wrapped around the call."""

_UNWRAPPED = ("/grpc.health.", "/grpc.reflection.")
_FOREVER_SECONDS = 10 * 365 * 86_400.0
_log = logger("grpc")
_served = LineOfEachRequest("grpc")


@asynccontextmanager
async def errors_around(method: str, context: Any) -> AsyncGenerator[None, None]:
    """Answers `PeritoError` as it is and anything else as INTERNAL, with the trace in the log only."""
    try:
        yield
    except PeritoError as error:
        await _abort(context, error)
    except grpc.aio.AbortError:
        raise
    except Exception:  # noqa: BLE001 - the last line before the wire
        _log.exception("call failed", method=method)
        await _abort(context, Internal("INTERNAL", "Something of ours broke; the service's log holds the trace."))


@asynccontextmanager
async def request_around(method: str, context: Any) -> AsyncGenerator[None, None]:
    """Makes request id, key, tenant and deadline known to everything that this call does. Whether the caller may name a
    key is seen afterwards, before anything is done.
    """
    metadata = metadata_of(context)
    request = enter_request(metadata.get(REQUEST_KEY, ""), _seconds_left(context))
    enter_acting_key(metadata.get(ACTOR_KEY, ""))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request, method=method)
    enter_trace(metadata)
    if TENANT_KEY in metadata:
        structlog.contextvars.bind_contextvars(tenant=metadata[TENANT_KEY][:36])
    yield


@asynccontextmanager
async def deadline_around(_method: str, context: Any) -> AsyncGenerator[None, None]:
    """Refuses calls without a deadline: whoever waits for ever holds what others need."""
    if _seconds_left(context) is None:
        raise Invalid("DEADLINE_REQUIRED", "Every call needs a deadline: set a timeout.")
    yield


@asynccontextmanager
async def logging_around(_method: str, _context: Any) -> AsyncGenerator[None, None]:
    """One line a call: how it ended and how long it took. Our faults are errors, the caller's are not."""
    began = time.monotonic()
    outcome = "CANCELLED"  # what it is where neither of the lines below is reached
    kind: Kind | None = None
    try:
        yield
        outcome = "OK"
    except PeritoError as error:
        outcome, kind = error.reason, error.kind
        raise
    except grpc.aio.AbortError:
        outcome = "ABORTED"
        raise
    except Exception:
        outcome, kind = "INTERNAL", Kind.INTERNAL
        raise
    finally:
        say = _log.error if kind is Kind.INTERNAL else _served.info
        say("call served", outcome=outcome, milliseconds=round((time.monotonic() - began) * 1000))


def interceptor_chain(own: Sequence[Around] = ()) -> "Interceptor":
    """The fixed order, with a service's own (authentication, limits) in its place."""
    return Interceptor((errors_around, request_around, deadline_around, *own, logging_around))


class Interceptor(grpc.aio.ServerInterceptor):
    """Wraps every method but health and reflection, which are gRPC's own and open-ended."""

    def __init__(self, arounds: Sequence[Around]) -> None:
        self._arounds = tuple(arounds)

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]], handler_call_details: Any
    ) -> Any:  # the handler's generics cannot be named for "whatever the method"
        """See `grpc.aio.ServerInterceptor`."""
        handler = await continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or method.startswith(_UNWRAPPED):
            return handler
        coders = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.request_streaming and handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(self._streaming(method, handler.stream_stream), **coders)
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(self._unary(method, handler.stream_unary), **coders)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._streaming(method, handler.unary_stream), **coders)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **coders)

    def _unary(self, method: str, behaviour: Callable[[Any, Any], Awaitable[Any]]) -> Any:
        async def served(request: Any, context: Any) -> Any:
            async with AsyncExitStack() as stack:
                await self._enter(stack, method, context)
                return await behaviour(request, context)

        return served

    def _streaming(self, method: str, behaviour: Callable[[Any, Any], AsyncGenerator[Any, None]]) -> Any:
        async def served(request: Any, context: Any) -> AsyncIterator[Any]:
            async with AsyncExitStack() as stack:
                await self._enter(stack, method, context)
                answers = await stack.enter_async_context(aclosing(behaviour(request, context)))
                async for answer in answers:
                    yield answer

        return served

    async def _enter(self, stack: AsyncExitStack, method: str, context: Any) -> None:
        for around in self._arounds:
            await stack.enter_async_context(around(method, context))


async def _abort(context: Any, error: PeritoError) -> None:
    # Its stub leaves the argument untyped.
    status = rpc_status.to_status(error_status(error))  # pyright: ignore[reportUnknownMemberType]
    await context.abort_with_status(status)


def _seconds_left(context: Any) -> float | None:
    left: float | None = context.time_remaining()
    return None if left is None or left > _FOREVER_SECONDS else left
