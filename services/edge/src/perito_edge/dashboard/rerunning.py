"""The same books once more, by the rules of today: under another name, or with other parameters."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from perito_kernel.errors import Invalid
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.visit import Visit
from perito_edge.problems import InvalidFields
from perito_edge.request_models import RerunRequest
from perito_edge.strict_json import parse
from perito_edge.submissions import validated
from perito_edge.views import status

_FORM_BYTES = 64 * 2**10
_LONGEST_KEY = 100


async def form(visit: Visit) -> Response:
    """What would be run again, and what may be different."""
    found = status(await visit.given.orchestrator.analysis(visit.caller, analysis_id(visit), results=False))
    return await _drawn(visit, {"name": found.name, "params": "", "key": secrets.token_urlsafe(24)})


async def rerun(visit: Visit) -> Response:
    """Accepts it; what cannot be accepted is said above the form, which keeps what was written."""
    wanted = analysis_id(visit)
    said = {name: visit.form.get(name, "") for name in ("name", "params", "key")}
    try:
        asked = _asked(visit, said)
        answer = await visit.given.reruns.submit(visit.caller, wanted, asked, said["key"][:_LONGEST_KEY])
    except Invalid as error:
        return await _drawn(visit, said, error)
    return RedirectResponse(f"/analyses/{answer.analysis.analysis_id}", 303)


def _asked(visit: Visit, said: Mapping[str, str]) -> RerunRequest:
    """Raises `Invalid`: what is no JSON, no object of parameters, or no name."""
    body: dict[str, Any] = {"name": said["name"].strip()}
    if not body["name"].isprintable():
        raise Invalid("ANALYSIS_INVALID", "The name has at most 200 printable characters. Shorten it.")
    if text := said["params"].strip():
        try:
            body["params"] = parse(text.encode(), visit.given.settings.max_json_depth)
        except Invalid as error:
            message = error.message.replace("The body is", "The parameters are", 1)
            raise Invalid(error.reason, message, {"what": message.partition(": ")[2].partition(". ")[0]}) from error
    return validated(RerunRequest, body)


async def _drawn(visit: Visit, said: Mapping[str, str], error: Invalid | None = None) -> Response:
    found = status(await visit.given.orchestrator.analysis(visit.caller, analysis_id(visit), results=False))
    return draw(
        "rerun",
        visit,
        422 if error else 200,
        analysis=found,
        said=said,
        wrong=sentence(error, visit.voice.language) if error else "",
        places=_places(error),
    )


def _places(error: Invalid | None) -> Sequence[str]:
    """Where it is wrong, for several places at once."""
    if not isinstance(error, InvalidFields):
        return ()
    return [f"{each.get('pointer', '')}: {each.get('detail', '')}" for each in error.errors[:20]]


PAGES = (
    Page("/analyses/{analysis_id}/rerun", form, scope="submit"),
    Page("/analyses/{analysis_id}/rerun", rerun, "POST", scope="submit", form_bytes=_FORM_BYTES),
)
