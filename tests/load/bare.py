"""What every figure of the edge is held against: Starlette alone, with one route that answers a constant.

Run as `python -m tests.load.bare ADDRESS`; served as the edge is, on the same loop, until it is killed. `uvicorn
tests.load.bare:app` serves the same in other ways (`tests.load.baselines`).
"""

import sys

import uvicorn
from perito_edge.loop import run
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PATH = "/bare/{name}"


async def bare(request: Request) -> JSONResponse:
    """A small answer."""
    return JSONResponse({"name": request.path_params["name"], "status": "completed"})


app = Starlette(routes=[Route(PATH, bare)])


def main(address: str) -> None:
    """Entry point of the process."""
    host, port = address.split(":")
    config = uvicorn.Config(
        app,
        host=host,
        port=int(port),
        http="httptools",
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main(*sys.argv[1:])
