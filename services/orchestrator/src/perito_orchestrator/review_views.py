"""Words about findings and differences between analyses as messages: what ReviewService answers."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from perito.analysis.v1 import review_pb2 as pb

from perito_orchestrator.store.comparisons import CHANGED, GONE, NEW, Comparison, Difference
from perito_orchestrator.store.database import instant_text
from perito_orchestrator.views import finding_message


def disposition_message(row: asyncpg.Record, analysis: UUID) -> pb.Disposition:
    """A word as the analysis that is asked for shows it."""
    return pb.Disposition(
        fingerprint=row["fingerprint"],
        status=pb.DispositionStatus.Value(f"DISPOSITION_STATUS_{row['status'].upper()}"),
        reason=row["reason"],
        set_at=instant_text(row["set_at"]),
        key_id=row["key_id"],
        key_name=row["key_name"],
        analysis_id=str(row["analysis_id"]),
        carried_over=row["analysis_id"] != analysis,
        version=row["version"],
    )


def history_message(
    now: asyncpg.Record | None, words: Sequence[asyncpg.Record], analysis: UUID, fingerprint: str
) -> pb.GetDispositionResponse:
    """One subject with all that was said; open where nothing was."""
    silence = pb.Disposition(fingerprint=fingerprint, status=pb.DISPOSITION_STATUS_OPEN)
    return pb.GetDispositionResponse(
        disposition=disposition_message(now, analysis) if now else silence,
        history=[disposition_message(word, analysis) for word in words],
        total=words[0]["total"] if words else 0,
    )


def comparison_message(compared: Comparison) -> pb.CompareFindingsResponse:
    """A page of differences with its counts."""
    capped = [
        pb.CappedRule(
            rule_id=rule.rule,
            before=rule.before,
            before_compared=rule.before_kept,
            after=rule.after,
            after_compared=rule.after_kept,
        )
        for rule in compared.capped
    ]
    return pb.CompareFindingsResponse(
        items=[_difference(difference) for difference in compared.page],
        next_page_token=compared.next_token,
        appeared=compared.changes.get(NEW, 0),
        gone=compared.changes.get(GONE, 0),
        changed=compared.changes.get(CHANGED, 0),
        unchanged=compared.changes.get(0, 0),
        uncertain=compared.uncertain,
        before_total=compared.totals[0],
        after_total=compared.totals[1],
        capped=capped,
    )


def _difference(difference: Difference) -> pb.ComparedFinding:
    return pb.ComparedFinding(
        change=pb.Change.ValueType(difference.change),
        before=finding_message(difference.before) if difference.before else None,
        after=finding_message(difference.after) if difference.after else None,
        differs=difference.differs,
        certain=difference.certain,
    )
