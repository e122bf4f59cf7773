"""Kinds of errors and what stands for them on the wire. The only place that pairs a kind with a gRPC code."""

from collections.abc import Mapping

import grpc
from perito_kernel import errors
from perito_kernel.errors import Kind, PeritoError

CODE_OF_KIND = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}

_CLASSES: dict[Kind, type[PeritoError]] = {
    Kind.INVALID: errors.Invalid,
    Kind.UNAUTHENTICATED: errors.Unauthenticated,
    Kind.FORBIDDEN: errors.Forbidden,
    Kind.NOT_FOUND: errors.NotFound,
    Kind.PRECONDITION: errors.Precondition,
    Kind.CONFLICT: errors.Conflict,
    Kind.EXHAUSTED: errors.Exhausted,
    Kind.UNAVAILABLE: errors.Unavailable,
    Kind.INTERNAL: errors.Internal,
}

_KIND_OF_CODE = {
    **{code: kind for kind, code in CODE_OF_KIND.items()},
    grpc.StatusCode.ALREADY_EXISTS: Kind.CONFLICT,
    grpc.StatusCode.OUT_OF_RANGE: Kind.INVALID,
    # Nothing is known of what the other side did; only the same request, made again, can tell.
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Kind.UNAVAILABLE,
}


def error_of_kind(kind: str, reason: str, message: str, details: Mapping[str, str | int]) -> PeritoError:
    """An error of the class that stands for the kind (`Kind.value`)."""
    return _CLASSES[Kind(kind)](reason, message, details)


def kind_of_code(code: grpc.StatusCode) -> Kind:
    """What a caller can do about a gRPC code. Codes that Perito never sends count as internal."""
    return _KIND_OF_CODE.get(code, Kind.INTERNAL)
