"""The headers by which browsers protect what they show. An answer that brings one of them itself keeps its own.

What lies under `/api/` is data: nothing in it may load or run anything. Everything else is a page of ours, which may
load from where it came from, and nothing that stands inside the page itself.
"""

from collections.abc import Mapping

EVERYWHERE: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
POLICY = "Content-Security-Policy"
OF_DATA = "default-src 'none'; frame-ancestors 'none'"
OF_PAGES = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HSTS = "Strict-Transport-Security"
_DATA = "/api/"

Raw = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """The headers of an answer by the address that was asked. `hsts_seconds`: for how long browsers shall come by TLS
    alone, told to those who came by it; 0 says nothing.
    """

    def __init__(self, hsts_seconds: int) -> None:
        always = _raw(EVERYWHERE)
        tls = _raw({HSTS: f"max-age={hsts_seconds}"}) if hsts_seconds else []
        policies = {True: _raw({POLICY: OF_DATA}), False: _raw({POLICY: OF_PAGES})}
        self.names = frozenset(name for name, _ in (*always, *tls, *policies[True]))
        """Of all that are given, in lower case."""
        self._made = {
            (data, secure): [*always, *policy, *(tls if secure else [])]
            for data, policy in policies.items()
            for secure in (True, False)
        }

    def of(self, path: str, scheme: str) -> Raw:
        """Names in lower case and values, as ASGI has them. Not to be changed."""
        return self._made[path.startswith(_DATA), scheme == "https"]


def _raw(headers: Mapping[str, str]) -> Raw:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
