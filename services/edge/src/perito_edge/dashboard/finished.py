"""An analysis that has ended, with its report, for the pages that show parts of it."""

from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import NotFound, Precondition

from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.visit import Visit
from perito_edge.models import Status
from perito_edge.reports import REPORT_JSON
from perito_edge.views import artifact, is_terminal, status


async def finished(visit: Visit) -> tuple[Status, ObjectRef]:
    """The analysis that the address names, and its report. Raises `NotFound`, and `Precondition` ANALYSIS_RUNNING."""
    found = await visit.given.orchestrator.analysis(visit.caller, analysis_id(visit))
    if not is_terminal(found):
        raise Precondition("ANALYSIS_RUNNING", "The analysis is still running: its results come when it has ended.")
    report = artifact(found, REPORT_JSON)
    if report is None:
        raise NotFound("REPORT_MISSING", "This analysis has no report: its first page says why.")
    visit.reads(found.analysis_id)
    return status(found), report.object
