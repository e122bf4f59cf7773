"""`POST /datasets/{id}/mapping`, `GET /analysis/{id}/mapping`: how files could be read, and how they were."""

from typing import Any

from fastapi import Request, Response
from perito.analysis.v1.analysis_pb2 import Analysis, ProposeMappingRequest
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito.dataset.v1.intake_pb2 import MappingHints
from perito_kernel.errors import Precondition

from perito_edge.answers import BODY_INVALID, DATASET_NOT_FOUND, NOT_READY, problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.entity_tags import IfNoneMatch, keeping, known_tag, not_modified, tag_of, unchanged
from perito_edge.large_answers import large_answer
from perito_edge.mapping_views import proposal
from perito_edge.models import MappingProposal
from perito_edge.orchestrator_client import Caller
from perito_edge.request_models import Hints
from perito_edge.requests import AnalysisId, DatasetId, Given, IdempotencyKey, Parts, Who, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated
from perito_edge.views import artifact, is_terminal, links

router = part("mappings")

MAPPING = "mapping.yaml"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Hints"}}},
    }
}


@router.post(
    "/datasets/{dataset_id}/mapping",
    operation_id="propose_mapping",
    summary="How the files of a dataset could be read",
    response_model=MappingProposal,
    responses=problems(400, 404, 408, 413, 415, examples={404: DATASET_NOT_FOUND, 422: BODY_INVALID})
    | success(200, "A mapping, and how it came about."),
    openapi_extra=_BODY,
)
async def propose_mapping(
    request: Request,
    given: Given,
    caller: Who,
    dataset_id: DatasetId,
    idempotency_key: IdempotencyKey,  # noqa: ARG001 -- checked; nothing is kept, so the answer is the same for any
) -> Response:
    """Reads the files and proposes a mapping: every column with where it goes, how sure that is and why, and what only
    you can say. Keeps nothing; 503 with Retry-After where the machine is busy with analyses.
    """
    hints = await _hints(request, given)
    asked = MappingHints(currency=hints.currency, timezone=hints.timezone)
    request_ = ProposeMappingRequest(dataset_id=dataset_id, hints=asked)
    proposed = await given.orchestrator.propose(caller, request_)
    return await large_answer(lambda: proposal(proposed))


async def _hints(request: Request, given: Parts) -> Hints:
    settings = given.settings
    body = await read_body(request, settings.max_hints_bytes, settings.body_idle_seconds)
    if not body:
        return Hints()
    require_json(request)
    return validated(Hints, parse(body, settings.max_json_depth))


@router.get(
    "/analysis/{analysis_id}/mapping",
    operation_id="get_mapping",
    summary="The mapping that an analysis used",
    response_class=Response,
    responses=problems(404, 409, examples={409: NOT_READY})
    | unchanged()
    | success(
        200,
        "The mapping, as YAML.",
        *("Content-Disposition", "ETag"),
        content={
            "application/yaml": {
                "schema": {"description": "As docs/mapping.md has it."},
                "example": "version: 1\ncurrency: NGN\n",
            }
        },
    ),
)
async def get_mapping(given: Given, caller: Who, analysis_id: AnalysisId, if_none_match: IfNoneMatch = "") -> Response:
    """The mapping of the dataset, or the one that was proposed in its place: correct it and send it with the next
    upload.
    """
    analysis = await given.orchestrator.analysis(caller, analysis_id)
    proposed = artifact(analysis, MAPPING)
    ref = proposed.object if proposed else await _given_mapping(given, caller, analysis)
    tag = tag_of(ref.sha256)
    known = known_tag(if_none_match, tag)
    if known:
        return not_modified(known)
    content = await given.store.read_bytes(ref, given.settings.max_mapping_bytes)
    headers = {"Content-Disposition": f'attachment; filename="{MAPPING}"'} | keeping(tag)
    return Response(content, media_type="application/yaml", headers=headers)


async def _given_mapping(given: Parts, caller: Caller, analysis: Analysis) -> ObjectRef:
    dataset = (await given.orchestrator.dataset(caller, analysis.dataset_id)).dataset
    if dataset.HasField("mapping"):
        return dataset.mapping
    if is_terminal(analysis):
        raise Precondition("MAPPING_MISSING", "The analysis failed before a mapping was proposed: its status says why.")
    status = links(analysis.analysis_id)["status"]
    raise Precondition("MAPPING_NOT_READY", f"The files are still being read. Follow {status}, then ask again.")
