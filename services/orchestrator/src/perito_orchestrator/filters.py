"""What a list is narrowed by: read from the request, checked, and in one form, so that equal filters are the same."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1 import review_pb2 as pb_review
from perito_kernel.errors import Invalid

from perito_orchestrator.plan import PhaseInfo
from perito_orchestrator.requests import identifier
from perito_orchestrator.store.filters import AnalysisFilter, FindingFilter

_NAME = 200
_WORDS = 100
_SHOWN = 60
_NEAR = 3
_LIKENESS = 0.4
FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
FINGERPRINT_WRONG = "A fingerprint is 64 hexadecimal digits, as a finding shows it. Copy it whole."


def analysis_filter(request: pb.ListAnalysesRequest) -> AnalysisFilter:
    """Raises Invalid FILTER_INVALID, ID_INVALID."""
    if pb.ANALYSIS_STATUS_UNSPECIFIED in request.statuses or not set(request.statuses) <= set(
        pb.AnalysisStatus.values()
    ):
        raise _invalid("statuses", "A status is pending, running, completed, failed or cancelled. Correct it.")
    if len(request.name_contains) > _NAME or (request.name_contains and not request.name_contains.isprintable()):
        raise _invalid("name_contains", f"A part of a name has at most {_NAME} printable characters. Shorten it.")
    since = _instant(request.submitted_from, "submitted_from")
    before = _instant(request.submitted_before, "submitted_before")
    if since is not None and before is not None and since >= before:
        raise _invalid(
            "submitted_before", "No instant lies from submitted_from until before submitted_before. Swap them."
        )
    words = {pb.AnalysisStatus.Name(s).removeprefix("ANALYSIS_STATUS_").lower() for s in request.statuses}
    return AnalysisFilter(
        statuses=_sorted(words),
        dataset=identifier(request.dataset_id, "dataset_id") if request.dataset_id else None,
        name=request.name_contains or None,
        submitted_from=since,
        submitted_before=before,
    )


def finding_filter(request: pb.ListFindingsRequest) -> FindingFilter:
    """Raises Invalid FILTER_INVALID. Whether there are such rules and phases, `check_known` says."""
    if request.fingerprint and not FINGERPRINT.fullmatch(request.fingerprint):
        raise _invalid("fingerprint", FINGERPRINT_WRONG)
    ranks = [s - 1 for s in request.severities]
    if not all(0 <= rank <= 4 for rank in ranks):
        raise _invalid("severities", "A severity is info, low, medium, high or critical. Correct it.")
    for name, words in (("rule_ids", request.rule_ids), ("phases", request.phases)):
        check_names(name, words)
    return FindingFilter(
        dispositions=_sorted(disposition_word(status) for status in request.dispositions),
        rules=_sorted(request.rule_ids),
        phases=_sorted(request.phases),
        severities=tuple(sorted(set(ranks))) or None,
        fingerprint=request.fingerprint or None,
    )


def check_names(field: str, words: Sequence[str]) -> None:
    """Raises Invalid FILTER_INVALID for too many names, or an empty one."""
    if len(words) > _WORDS or not all(words):
        raise _invalid(field, f"Name at most {_WORDS} {field}, none of them empty.")


def disposition_word(status: "pb_review.DispositionStatus.ValueType") -> str:
    """What the database calls it. Raises Invalid FILTER_INVALID."""
    if status not in pb_review.DispositionStatus.values() or status == pb_review.DISPOSITION_STATUS_UNSPECIFIED:
        raise _invalid("dispositions", "A disposition is open, in_review, confirmed or false_alarm. Correct it.")
    return pb_review.DispositionStatus.Name(status).removeprefix("DISPOSITION_STATUS_").lower()


def check_known(wanted: FindingFilter, *phases: Iterable[PhaseInfo]) -> None:
    """Raises Invalid FILTER_INVALID for a rule or phase that is none of these: no findings of it would look clean."""
    infos = [info for some in phases for info in some]
    check_rules(wanted.rules, infos)
    _check_words(wanted.phases, {info.name for info in infos}, "phases", "phase")


def check_rules(rules: Sequence[str] | None, infos: Iterable[PhaseInfo]) -> None:
    """Raises Invalid FILTER_INVALID for a rule that no phase has."""
    _check_words(rules, {rule for info in infos for rule in info.known_rules}, "rule_ids", "rule")


def _check_words(words: Sequence[str] | None, known: Collection[str], field: str, noun: str) -> None:
    for word in words or ():
        if word not in known:
            near = get_close_matches(word[:_SHOWN], sorted(known), _NEAR, _LIKENESS)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise _invalid(field, f"There is no {noun} {word[:_SHOWN]!r}.{hint} A report lists them all.")


def _instant(text: str, field: str) -> datetime | None:
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_instant(field) from error
    if value.tzinfo is None:
        raise _no_instant(field)
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise _no_instant(field) from error


def _no_instant(field: str) -> Invalid:
    return _invalid(field, f"{field} is no instant: write it with its zone, such as 2026-01-31T00:00:00Z.")


def _sorted(words: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(sorted(set(words))) or None


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("FILTER_INVALID", message, {"field": field})
