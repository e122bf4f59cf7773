"""Analyses and books that are to go for good: a page that names what goes with them, and the button that does it."""

from perito.analysis.v1.analysis_pb2 import Analysis, ListAnalysesRequest
from perito_kernel.errors import NotFound, Precondition
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.ids import analysis_id, dataset_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import clip
from perito_edge.dashboard.visit import Visit
from perito_edge.views import is_terminal, registered_dataset, status

TOLD = ("analysis", "both", "kept", "books")
"""What the list says after it: `/?deleted=`."""
_FILES = 20


async def ask_for_analysis(visit: Visit) -> Response:
    """Names the analysis and what goes with it. Raises `Precondition` ANALYSIS_RUNNING."""
    found = await visit.given.orchestrator.analysis(visit.caller, analysis_id(visit), results=False)
    if not is_terminal(found):
        raise Precondition("ANALYSIS_RUNNING", "The analysis is running. Cancel it first, or wait until it ended.")
    others = await _analyses_of(visit, found.dataset_id) - 1
    return draw("delete_analysis", visit, analysis=status(found), others=others, files=await _files(visit, found))


async def delete_analysis(visit: Visit) -> Response:
    """Deletes it, and its books where the form says so and no other analysis uses them."""
    wanted = analysis_id(visit)
    found = await visit.given.orchestrator.analysis(visit.caller, wanted, results=False)
    await visit.given.orchestrator.delete(visit.caller, wanted)
    told = "analysis"
    if visit.form.get("books") == "1":
        told = "both" if await _delete_books(visit, found.dataset_id) else "kept"
    return RedirectResponse(f"/?deleted={told}", 303)


async def ask_for_books(visit: Visit) -> Response:
    """Names the files, or the analyses for which they are still there."""
    dataset = registered_dataset(await visit.given.orchestrator.dataset(visit.caller, dataset_id(visit)))
    shown = [{"name": clip(file.name, 120), "size": visit.voice.size(file.bytes)} for file in dataset.files[:_FILES]]
    return draw(
        "delete_books",
        visit,
        dataset=dataset,
        files=shown,
        more=max(0, len(dataset.files) - _FILES),
        used=await _analyses_of(visit, dataset.dataset_id),
    )


async def delete_books(visit: Visit) -> Response:
    """Deletes them. Raises `Precondition` DATASET_IN_USE."""
    await visit.given.orchestrator.delete_dataset(visit.caller, dataset_id(visit))
    return RedirectResponse("/?deleted=books", 303)


async def _analyses_of(visit: Visit, dataset: str) -> int:
    asked = ListAnalysesRequest(page_size=1, dataset_id=dataset)
    return (await visit.given.orchestrator.analyses(visit.caller, asked)).total


async def _files(visit: Visit, analysis: Analysis) -> int:
    """How many files the books have; 0 where they are gone."""
    try:
        return len((await visit.given.orchestrator.dataset(visit.caller, analysis.dataset_id)).dataset.files)
    except NotFound:
        return 0


async def _delete_books(visit: Visit, dataset: str) -> bool:
    """False where another analysis came to use them meanwhile. Books that came with the analysis went with it."""
    try:
        await visit.given.orchestrator.delete_dataset(visit.caller, dataset)
    except NotFound:
        return True
    except Precondition:
        return False
    return True


PAGES = (
    Page("/analyses/{analysis_id}/delete", ask_for_analysis, scope="admin"),
    Page("/analyses/{analysis_id}/delete", delete_analysis, "POST", scope="admin"),
    Page("/datasets/{dataset_id}/delete", ask_for_books, scope="admin"),
    Page("/datasets/{dataset_id}/delete", delete_books, "POST", scope="admin"),
)
