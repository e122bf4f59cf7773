"""How the service is, in words."""

from starlette.responses import Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.visit import Visit
from perito_edge.health import Readiness, can_work


async def service(visit: Visit) -> Response:
    """What an analysis needs, each with what was said of it within the last second."""
    readiness: Readiness = visit.request.app.state.readiness
    checks = await readiness.checks()
    return draw("service", visit, checks=checks, works=can_work(checks))


PAGES = (Page("/service", service),)
