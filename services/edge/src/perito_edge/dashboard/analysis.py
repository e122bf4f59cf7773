"""One analysis: its progress while it runs, what it found once it has ended, and ending it early."""

from perito.analysis.v1.analysis_pb2 import Analysis
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.progress import progress
from perito_edge.dashboard.results import results
from perito_edge.dashboard.visit import Visit
from perito_edge.views import is_terminal


async def analysis(visit: Visit) -> Response:
    """Where it stands, or what it found."""
    found = await visit.given.orchestrator.analysis(visit.caller, analysis_id(visit))
    return await results(visit, found) if is_terminal(found) else _running(visit, found)


async def cancel(visit: Visit) -> Response:
    """Ends it; what was found so far stays."""
    wanted = analysis_id(visit)
    await visit.given.orchestrator.cancel(visit.caller, wanted, visit.voice.say("cancelled_here"))
    return RedirectResponse(f"/analyses/{wanted}", 303)


def _running(visit: Visit, found: Analysis) -> Response:
    view = progress(found, visit.voice)
    return draw("running", visit, progress=view, name=found.name, sequence=found.sequence)


PAGES = (
    Page("/analyses/{analysis_id}", analysis),
    Page("/analyses/{analysis_id}/cancel", cancel, "POST", scope="submit"),
)
