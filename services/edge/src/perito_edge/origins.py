"""Other origins whose pages may call the API from a browser: none, unless they are named."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

_SENT = (
    *("X-API-Key", "Content-Type", "Idempotency-Key", "X-Request-Id", "Content-Digest"),
    *("Last-Event-ID", "If-None-Match", "If-Match"),
)
_READ = (
    *("X-Request-Id", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed", "ETag"),
    *("Content-Digest", "Content-Disposition", "X-Total-Count", "Link"),
)
_REMEMBERED_SECONDS = 600


def cross_origin(origins: Sequence[str]) -> list[Middleware]:
    """The middleware that lets pages of `origins` in. Never with cookies: a page of another origin brings a key."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(_SENT),
            expose_headers=list(_READ),
            allow_credentials=False,
            max_age=_REMEMBERED_SECONDS,
        )
    ]
