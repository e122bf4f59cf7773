"""What a case is known by: the fingerprint of the finding that is its cause, as the report of an analysis lists it.

The orchestrator reads no reports and takes any finding of its lists; here, where people say what a case is, it is
looked up. A symptom has no case of its own, and what was said of it as one would be shown nowhere.
"""

from perito_kernel.errors import NotFound

from perito_edge.answers import CASE_NOT_FOUND
from perito_edge.orchestrator_client import Caller
from perito_edge.reports import REPORT_JSON
from perito_edge.requests import Parts
from perito_edge.views import artifact


async def require_case(given: Parts, caller: Caller, analysis_id: str, fingerprint: str) -> None:
    """Raises `NotFound` CASE_NOT_FOUND where the report of the analysis lists no such case, and ANALYSIS_NOT_FOUND.

    Of a report with more cases than are read (`report_cases.MOST`) the others count as cases: the orchestrator still
    looks whether there is such a finding.
    """
    report = artifact(await given.orchestrator.analysis(caller, analysis_id), REPORT_JSON)
    if report is not None:
        listed = await given.cases.listed(report.object)
        if fingerprint in listed.cases or not listed.all_read:
            return
    raise NotFound(*CASE_NOT_FOUND)
