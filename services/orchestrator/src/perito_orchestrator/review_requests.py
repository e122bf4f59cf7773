"""What may be said of a finding, and what may be compared: read from requests and checked before anything is asked."""

from perito.analysis.v1 import review_pb2 as pb
from perito_kernel.errors import Invalid
from perito_runtime.request_context import acting_key

from perito_orchestrator import filters
from perito_orchestrator.requests import identifier
from perito_orchestrator.store.comparisons import CHANGED, GONE, NEW, Question
from perito_orchestrator.store.dispositions import Kind, Subject, Word

_REASON = 500
_KINDS: dict[int, Kind] = {pb.SUBJECT_KIND_FINDING: "finding", pb.SUBJECT_KIND_CASE: "case"}


def subject(request: pb.SetDispositionRequest | pb.GetDispositionRequest) -> Subject:
    """Raises Invalid ID_INVALID, SUBJECT_INVALID, FINGERPRINT_INVALID."""
    analysis = identifier(request.analysis_id, "analysis_id")
    return Subject(analysis, kind(request.kind), fingerprint(request.fingerprint))


def kind(number: int) -> Kind:
    """Raises Invalid SUBJECT_INVALID."""
    if number not in _KINDS:
        raise Invalid("SUBJECT_INVALID", "Say whether a finding or a case is meant.", {"field": "kind"})
    return _KINDS[number]


def fingerprint(text: str) -> str:
    """Raises Invalid FINGERPRINT_INVALID."""
    if not filters.FINGERPRINT.fullmatch(text):
        raise Invalid("FINGERPRINT_INVALID", filters.FINGERPRINT_WRONG)
    return text


def word(request: pb.SetDispositionRequest) -> Word:
    """What somebody says. Raises Invalid DISPOSITION_INVALID, REASON_MISSING."""
    said = request.status
    if said not in pb.DispositionStatus.values() or said == pb.DISPOSITION_STATUS_UNSPECIFIED:
        raise _invalid("status", "A disposition is open, in_review, confirmed or false_alarm. Choose one.")
    if len(request.reason) > _REASON or (request.reason and not request.reason.isprintable()):
        raise _invalid("reason", f"A reason has at most {_REASON} printable characters. Shorten it.")
    if said == pb.DISPOSITION_STATUS_FALSE_ALARM and not request.reason.strip():
        raise Invalid(
            "REASON_MISSING",
            "Say why it is a false alarm: later analyses show it with this reason.",
            {"field": "reason"},
        )
    if request.version < 0:
        raise _invalid("version", "The version is that of the word before, or 0 where there is none.")
    return Word(filters.disposition_word(said), request.reason, acting_key(), request.version)


def comparison(request: pb.CompareFindingsRequest) -> Question:
    """Raises Invalid FILTER_INVALID, ID_INVALID. Whether there are such rules, `filters.check_rules` says."""
    if not set(request.changes) <= {NEW, GONE, CHANGED}:
        raise Invalid("FILTER_INVALID", "A change is new, gone or changed. Correct it.", {"field": "changes"})
    filters.check_names("rule_ids", request.rule_ids)
    return Question(
        before=identifier(request.before_analysis_id, "before_analysis_id"),
        after=identifier(request.after_analysis_id, "after_analysis_id"),
        changes=tuple(sorted(set(request.changes))) or None,
        rules=tuple(sorted(set(request.rule_ids))) or None,
    )


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("DISPOSITION_INVALID", message, {"field": field})
