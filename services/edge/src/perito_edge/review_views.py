"""Turns what ReviewService says of findings and cases into the words of the REST API. Pure."""

from perito.analysis.v1 import review_pb2 as pb

from perito_edge.review_models import Disposition, DispositionAnswer, DispositionStatus, Reviewer

_WORDS: "dict[pb.DispositionStatus.ValueType, DispositionStatus]" = {
    pb.DISPOSITION_STATUS_UNSPECIFIED: "open",
    pb.DISPOSITION_STATUS_OPEN: "open",
    pb.DISPOSITION_STATUS_IN_REVIEW: "in_review",
    pb.DISPOSITION_STATUS_CONFIRMED: "confirmed",
    pb.DISPOSITION_STATUS_FALSE_ALARM: "false_alarm",
}
DISPOSITION_OF_WORD = {word: status for status, word in _WORDS.items()}


def disposition(said: pb.Disposition) -> Disposition:
    """A word; an empty one where nobody has said anything."""
    spoken = said.version > 0
    return Disposition(
        status=_WORDS[said.status],
        reason=said.reason,
        set_at=said.set_at or None,
        by=Reviewer(key_id=said.key_id, name=said.key_name or None) if spoken else None,
        analysis_id=said.analysis_id or None,
        carried_over=said.carried_over,
        version=said.version,
    )


def disposition_answer(answer: pb.GetDispositionResponse) -> DispositionAnswer:
    """One finding or case with all that was said of it."""
    return DispositionAnswer(
        **disposition(answer.disposition).model_dump(),
        fingerprint=answer.disposition.fingerprint,
        history=[disposition(word) for word in answer.history],
        history_total=answer.total,
    )
