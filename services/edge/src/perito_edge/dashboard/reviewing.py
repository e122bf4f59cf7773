"""What people hold a case or a finding to be, said where they look at it: open, in review, confirmed, false alarm.

A case is marked as a case, a finding that is no case as a finding. The word of whoever was first is not overwritten
unseen: the form shows which word it follows, and a later one is shown before it can be answered.
"""

from collections.abc import Sequence
from typing import Any

from perito.analysis.v1.review_pb2 import (
    SUBJECT_KIND_CASE,
    SUBJECT_KIND_FINDING,
    GetDispositionRequest,
    SetDispositionRequest,
)
from perito_kernel.errors import Conflict, Invalid, NotFound
from starlette.responses import RedirectResponse, Response

from perito_edge.case_ids import require_case
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import clip
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.review_models import Disposition
from perito_edge.review_views import DISPOSITION_OF_WORD, disposition

WORDS = tuple(DISPOSITION_OF_WORD)
_KINDS = {"case": SUBJECT_KIND_CASE, "finding": SUBJECT_KIND_FINDING}


async def said_of(visit: Visit, wanted: str, kind: str, fingerprint: str) -> dict[str, Any] | None:
    """What is said of one, with its history; None where the lists of the analysis do not have it."""
    request = GetDispositionRequest(analysis_id=wanted, kind=_KINDS[kind], fingerprint=fingerprint)
    try:
        answer = await visit.given.reviews.history(visit.caller, request)
    except NotFound:
        return None
    now = disposition(answer.disposition)
    return {
        "kind": kind,
        "words": WORDS,
        "version": now.version,
        "reason": now.reason,
        **_word(now, visit.voice),
        "history": [_word(disposition(each), visit.voice) for each in answer.history[:20]],
        "more": visit.voice.number(max(0, answer.total - 20)),
    }


async def words_of(visit: Visit, wanted: str, fingerprints: Sequence[str]) -> dict[str, str]:
    """What several are held to be, by fingerprint: a case's word goes before that of the finding that is its cause."""
    found: dict[str, str] = {}
    for kind in (SUBJECT_KIND_FINDING, SUBJECT_KIND_CASE):
        several = await visit.given.reviews.several(visit.caller, wanted, kind, list(fingerprints))
        found |= {name: disposition(word).status for name, word in several.items()}
    return found


async def say(visit: Visit) -> Response:
    """Adds a word, and goes back to where it was said."""
    wanted, fingerprint = analysis_id(visit), visit.request.path_params["fingerprint"]
    kind, status = visit.form.get("kind", ""), visit.form.get("status", "")
    if kind not in _KINDS or status not in WORDS or not visit.form.get("version", "").isdecimal():
        raise Invalid("DISPOSITION_INVALID", "The form cannot be read. Open the page again and repeat it.")
    word = SetDispositionRequest(
        analysis_id=wanted,
        kind=_KINDS[kind],
        fingerprint=fingerprint,
        status=DISPOSITION_OF_WORD[status],
        reason=visit.form.get("reason", "").strip(),
        version=min(int(visit.form["version"][:18]), 2**53),
    )
    if kind == "case":
        await require_case(visit.given, visit.caller, wanted, fingerprint)
    back = f"/analyses/{wanted}/findings/{fingerprint}"
    try:
        await visit.given.reviews.say(visit.caller, word)
    except Conflict:
        return RedirectResponse(f"{back}?changed=1#said", 303)
    except Invalid as error:
        if error.reason != "REASON_MISSING":
            raise
        return RedirectResponse(f"{back}?unsaid=1#said", 303)
    return RedirectResponse(f"{back}#said", 303)


def _word(said: Disposition, voice: Voice) -> dict[str, Any]:
    by = said.by
    return {
        "status": said.status,
        "said": clip(said.reason, 500),
        "when": voice.moment(said.set_at),
        "instant": said.set_at or "",
        "by": (by.name or by.key_id) if by else "",
        "carried": said.carried_over,
        "analysis": said.analysis_id or "",
    }


PAGES = (Page("/analyses/{analysis_id}/findings/{fingerprint}/disposition", say, "POST", scope="submit"),)
