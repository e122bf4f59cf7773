"""What tests ask ReviewService, and reruns. Errors come as PeritoError."""

from collections.abc import Sequence

from perito.analysis.v1 import analysis_pb2
from perito.analysis.v1 import review_pb2 as pb
from perito_runtime.grpc_client import call_errors
from perito_runtime.request_context import ACTOR_KEY

from .mesh import Client

FINDING, CASE = pb.SUBJECT_KIND_FINDING, pb.SUBJECT_KIND_CASE


def status_of(word: str) -> "pb.DispositionStatus.ValueType":
    """The contract's number of a status."""
    return pb.DispositionStatus.Value(f"DISPOSITION_STATUS_{word.upper()}")


async def say(
    client: Client,
    analysis: str,
    fingerprint: str,
    status: str,
    version: int = 0,
    *,
    reason: str = "",
    key: str = "key1",
    kind: "pb.SubjectKind.ValueType" = FINDING,
) -> pb.Disposition:
    """Says what a finding is."""
    request = pb.SetDispositionRequest(
        analysis_id=analysis,
        kind=kind,
        fingerprint=fingerprint,
        status=status_of(status),
        reason=reason,
        version=version,
    )
    return await send(client, request, key)


async def send(client: Client, request: pb.SetDispositionRequest, key: str = "key1") -> pb.Disposition:
    """Says it as it stands, with this key behind it."""
    metadata = (*client.metadata, (ACTOR_KEY, key))
    async with call_errors():
        return (await client.reviews.SetDisposition(request, metadata=metadata)).disposition


async def history(
    client: Client, analysis: str, fingerprint: str, kind: "pb.SubjectKind.ValueType" = FINDING
) -> pb.GetDispositionResponse:
    """What is said of it and was said before."""
    request = pb.GetDispositionRequest(analysis_id=analysis, kind=kind, fingerprint=fingerprint)
    async with call_errors():
        return await client.reviews.GetDisposition(request, metadata=client.metadata)


async def several(client: Client, analysis: str, fingerprints: Sequence[str]) -> list[pb.Disposition]:
    """What is said of findings."""
    request = pb.ListDispositionsRequest(analysis_id=analysis, kind=FINDING, fingerprints=fingerprints)
    async with call_errors():
        return list((await client.reviews.ListDispositions(request, metadata=client.metadata)).dispositions)


async def compare(
    client: Client, before: str, after: str, size: int = 0, token: str = "", **filters: object
) -> pb.CompareFindingsResponse:
    """A page of what differs."""
    request = pb.CompareFindingsRequest(
        before_analysis_id=before,
        after_analysis_id=after,
        page_size=size,
        page_token=token,
        **filters,  # type: ignore[arg-type] - names of fields
    )
    async with call_errors():
        return await client.reviews.CompareFindings(request, metadata=client.metadata)


async def rerun(client: Client, analysis: str, **changes: object) -> analysis_pb2.RerunAnalysisResponse:
    """Runs an analysis again."""
    request = analysis_pb2.RerunAnalysisRequest(analysis_id=analysis, **changes)  # type: ignore[arg-type] - fields
    async with call_errors():
        return await client.stub.RerunAnalysis(request, metadata=client.metadata)
