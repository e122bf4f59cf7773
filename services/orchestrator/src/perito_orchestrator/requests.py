"""What a request may say: bounds and forms, checked before anything is stored."""

import json
import re
from typing import Any, cast
from uuid import UUID

from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef
from perito.dataset.v1.intake_pb2 import MappingHints
from perito_kernel.errors import Invalid
from perito_kernel.findings import canonical_json
from perito_runtime.messages import json_object
from perito_runtime.object_store import check_key

from perito_orchestrator.store.analyses import NewAnalysis

_FILES = 200
_NAME = 255
_PARAMS_BYTES = 256 * 1024
_KEY = 255
_REASON = 500
_ZONE = 64
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def identifier(text: str, what: str) -> UUID:
    """A UUID. Raises Invalid ID_INVALID."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("ID_INVALID", f"The {what} is not a UUID. Use the id that Perito answered.") from error


def dataset(ref: DatasetRef, tenant: UUID) -> DatasetRef:
    """The dataset to register, in its one form. Raises Invalid DATASET_INVALID, ID_INVALID, OBJECT_KEY_INVALID."""
    dataset_id = identifier(ref.dataset_id, "dataset_id")
    prefix = f"tenants/{tenant}/datasets/{dataset_id}/"
    names = [file.name for file in ref.files]
    if not 1 <= len(names) <= _FILES:
        raise _invalid(f"A dataset has 1 to {_FILES} files, and this one has {len(names)}.")
    for name in names:
        if not 1 <= len(name) <= _NAME or not name.isprintable() or names.count(name) > 1:
            raise _invalid(
                f"File names must be unique, printable and of 1 to {_NAME} characters; {name[:60]!r} is not. Rename it."
            )
    mapping = ref.mapping if ref.HasField("mapping") else None
    for stored in (*([mapping] if mapping else []), *(file.object for file in ref.files)):
        _check_object(stored, prefix)
    return DatasetRef(dataset_id=str(dataset_id), files=ref.files, mapping=mapping)


def analysis(request: pb.SubmitAnalysisRequest, tenant: UUID) -> NewAnalysis:
    """The analysis to run. Raises Invalid ANALYSIS_INVALID, ID_INVALID, JSON_INVALID and those of `dataset`."""
    if len(request.name) > 200 or (request.name and not request.name.isprintable()):
        raise Invalid("ANALYSIS_INVALID", "The name has at most 200 printable characters. Shorten it.")
    if bool(request.dataset_id) == request.HasField("dataset"):
        raise Invalid("ANALYSIS_INVALID", "Name a registered dataset, or bring one: one of the two.")
    check_idempotency_key(request.idempotency_key)
    brought = dataset(request.dataset, tenant) if request.HasField("dataset") else None
    return NewAnalysis(
        identifier(brought.dataset_id if brought else request.dataset_id, "dataset_id"),
        request.name,
        tuple(sorted(set(request.phases))),
        _params(request.params_json),
        brought,
    )


def hints(given: MappingHints) -> MappingHints:
    """What a client knows of its books. Raises Invalid HINT_INVALID; whether a zone exists is intake's to say."""
    if given.currency and not _CURRENCY.fullmatch(given.currency):
        message = "The currency is not an ISO 4217 code: write three capital letters, such as EUR."
        raise Invalid("HINT_INVALID", message, {"pointer": "/currency"})
    if len(given.timezone) > _ZONE or (given.timezone and not given.timezone.isprintable()):
        message = "The time zone is not an IANA name: write one such as Africa/Lagos."
        raise Invalid("HINT_INVALID", message, {"pointer": "/timezone"})
    return given


def page_size(asked: int, most: int, default: int, noun: str) -> int:
    """Rows of a page, `default` for 0. Raises Invalid PAGE_SIZE_INVALID."""
    if not 0 <= asked <= most:
        raise Invalid("PAGE_SIZE_INVALID", f"A page has 1 to {most} {noun}. Ask for fewer, and for the next page.")
    return asked or default


def cancel_reason(text: str) -> str:
    """Why somebody cancels. Raises Invalid CANCEL_REASON_INVALID."""
    if len(text) > _REASON or (text and not text.isprintable()):
        raise Invalid("CANCEL_REASON_INVALID", f"A reason has at most {_REASON} printable characters. Shorten it.")
    return text


def patched(params: str, patch: str) -> str:
    """Stored parameters (JSON) changed by a JSON merge patch (RFC 7396), which may be empty.

    Raises Invalid JSON_INVALID, PARAMS_INVALID.
    """
    if not patch:
        return params
    if len(patch.encode()) > _PARAMS_BYTES:
        raise Invalid("PARAMS_INVALID", f"The parameters have at most {_PARAMS_BYTES} bytes. Shorten them.")
    try:
        return canonical_json(_merged(json.loads(params), json_object(patch, "params")))
    except (ValueError, RecursionError) as error:
        raise Invalid("PARAMS_INVALID", "The parameters hold a number or a text that JSON has no form for.") from error


def _merged(target: object, patch: object) -> object:
    if not isinstance(patch, dict):
        return patch
    changes = cast("dict[str, object]", patch)
    merged = dict(cast("dict[str, object]", target)) if isinstance(target, dict) else {}
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _params(text: str) -> dict[str, Any]:
    """Parameters that can be stored, hashed and passed on: no NaN, no NUL, no lone surrogate, not too long or deep."""
    if len(text.encode()) > _PARAMS_BYTES:
        raise Invalid("PARAMS_INVALID", f"The parameters have at most {_PARAMS_BYTES} bytes. Shorten them.")
    params = json_object(text, "params")
    try:
        canonical = canonical_json(params)
        canonical.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Invalid("PARAMS_INVALID", "The parameters hold a number or a text that JSON has no form for.") from error
    if "\\u0000" in canonical:
        raise Invalid("PARAMS_INVALID", "The parameters hold a NUL character. Remove it.")
    _check_hints(params.get("hints", {}))
    if not isinstance(params.get("own_rules", True), bool):
        message = "`own_rules` of the parameters is true or false: whether the rules of your own are run."
        raise Invalid("PARAMS_INVALID", message, {"pointer": "/params/own_rules"})
    return params


def _check_hints(given: object) -> None:
    """A hint that no books could be read by is refused at once, and not when the analysis has begun."""
    known = cast("dict[str, object]", given) if isinstance(given, dict) else {"": given}
    texts = {name: value for name, value in known.items() if isinstance(value, str)}
    if texts.keys() != known.keys() or known.keys() - {"currency", "timezone"}:
        message = "The hints are an object of texts, `currency` and `timezone`, and nothing else."
        raise Invalid("HINT_INVALID", message, {"pointer": "/hints"})
    hints(MappingHints(currency=texts.get("currency", ""), timezone=texts.get("timezone", "")))


def _check_object(stored: ObjectRef, prefix: str) -> None:
    check_key(stored.key)
    if not stored.key.startswith(prefix) or not _SHA256.fullmatch(stored.sha256) or stored.bytes < 0:
        raise _invalid("Each file must lie under its dataset's prefix, with its SHA-256 and length. Upload again.")


def check_idempotency_key(key: str) -> None:
    """Raises Invalid IDEMPOTENCY_KEY_INVALID."""
    if len(key) > _KEY or (key and not key.isprintable()):
        raise Invalid("IDEMPOTENCY_KEY_INVALID", f"An Idempotency-Key has at most {_KEY} printable characters.")


def _invalid(message: str) -> Invalid:
    return Invalid("DATASET_INVALID", message)
