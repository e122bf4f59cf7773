"""`GET /catalogue`: what Perito looks for, as the services that run the rules say. Rules of a tenant's own are at
`/rules`.
"""

from typing import Annotated

from fastapi import Query, Response

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.catalogue_models import Catalogue, CatalogueQuery
from perito_edge.catalogue_views import catalogue, check_phases
from perito_edge.entity_tags import IfNoneMatch, unchanged
from perito_edge.large_answers import kept_answer
from perito_edge.requests import Given, Who

router = part("catalogue")


@router.get(
    "/catalogue",
    operation_id="get_catalogue",
    summary="The rules, with their parameters",
    response_model=Catalogue,
    responses=problems() | unchanged() | success(200, "The rules of every phase that answers.", "ETag"),
)
async def get_catalogue(
    given: Given, caller: Who, query: Annotated[CatalogueQuery, Query()], if_none_match: IfNoneMatch = ""
) -> Response:
    """Which rules there are, what each holds to be wrong, which columns it needs, and what of it an analysis may set.
    The same for every tenant, and the same until a service is updated; a phase that does not answer is named in
    `unavailable`, and `/rules` has those of your own.
    """
    told = await given.catalogue.all(caller)
    check_phases(told, query.phase)
    return await kept_answer(lambda: catalogue(told, query.phase), if_none_match)
