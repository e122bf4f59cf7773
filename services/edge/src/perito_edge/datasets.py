"""`POST /datasets`, `GET` and `DELETE /datasets/{id}`: uploading, reading what was registered, and deleting it."""

from typing import Any

from fastapi import Request, Response

from perito_edge import answers
from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.bodies import declared_length, stream_body
from perito_edge.models import Dataset, RegisteredDataset
from perito_edge.requests import DatasetId, Given, IdempotencyKey, Who
from perito_edge.usage import refuse_beyond_quota
from perito_edge.views import dataset, registered_dataset

router = part("datasets")

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "additionalProperties": False,
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {
                                "type": "string",
                                "format": "binary",
                                "examples": ["sku,qty\nA1,4\n"],
                            },
                            "minItems": 1,
                            "description": "One part for each file of the books; findings use the file names. "
                            "A part may carry Content-Digest (RFC 9530, sha-256).",
                        },
                        "mapping": {
                            "type": "string",
                            "format": "binary",
                            "examples": ["version: 1\ncurrency: NGN\nfiles: ..."],
                            "description": "YAML: which table and columns each file holds. Without it the analysis "
                            "proposes one from the files and says how sure it is of each column.",
                        },
                        "sha256": {
                            "type": "string",
                            "examples": [f"{'9f86d081' * 8}  sales_march.csv"],
                            "description": "What `sha256sum FILES` prints: each line is compared with what arrived.",
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "/datasets",
    status_code=201,
    operation_id="create_dataset",
    summary="Upload the files of one set of books",
    responses=problems(
        *(400, 408, 409, 413, 415),
        examples={400: answers.MULTIPART_BROKEN, 422: answers.FILES_MISSING, 429: answers.UPLOADS_BUSY},
    )
    | success(201, "Registered.", "Location"),
    openapi_extra=_BODY,
)
async def create_dataset(
    request: Request, response: Response, given: Given, caller: Who, idempotency_key: IdempotencyKey
) -> Dataset:
    """Streams the files, and the mapping if there is one, into the object store and registers them. All or nothing."""
    body = stream_body(request, given.settings.max_upload_bytes, given.settings.body_idle_seconds)
    content_type = request.headers.get("content-type", "")
    await refuse_beyond_quota(given.orchestrator, caller, declared_length(request), idempotency_key)
    registered, replayed = await given.uploads.receive(caller, content_type, body, idempotency_key)
    response.headers["Location"] = f"/api/forensic/datasets/{registered.dataset_id}"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return dataset(registered)


@router.get(
    "/datasets/{dataset_id}",
    operation_id="get_dataset",
    summary="The files of a dataset",
    responses=problems(404, examples={404: answers.DATASET_NOT_FOUND}) | success(200, "The dataset."),
)
async def get_dataset(given: Given, caller: Who, dataset_id: DatasetId) -> RegisteredDataset:
    """What the upload answered, and when it was registered. The files themselves are not served."""
    return registered_dataset(await given.orchestrator.dataset(caller, dataset_id))


@router.delete(
    "/datasets/{dataset_id}",
    status_code=204,
    operation_id="delete_dataset",
    summary="Delete a dataset that no analysis uses",
    responses=problems(404, 409, examples={404: answers.DATASET_NOT_FOUND, 409: answers.DATASET_IN_USE})
    | success(204, "It is gone; its files follow within a minute."),
)
async def delete_dataset(given: Given, caller: Who, dataset_id: DatasetId) -> None:
    """For good. 409 while there are analyses of it; books that came in the body of a submission go with the last one by
    themselves.
    """
    await given.orchestrator.delete_dataset(caller, dataset_id)
