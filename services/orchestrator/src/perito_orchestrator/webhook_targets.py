"""Which addresses a webhook may lead to: a tenant names a URL, and the request comes from inside our own network.

A URL is looked at when it is given, and every address that its host resolves to each time before it is called: a name
that led to the internet yesterday may lead to a database today. Pure but for `resolve`.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from perito_kernel.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses as text. Raises OSError where there are none."""

_URL_CHARACTERS = 2000
_MOST_ADDRESSES = 16
_LOOK_SECONDS = 5.0
_LEAST_FREE_PORT = 1024
_OWN_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[0-9A-Za-z._:-]{1,253}")

_UNICAST = IPv6Network("2000::/3")
"""What of IPv6 is the internet. Mapped and translated forms of IPv4 (::ffff:0:0/96, 64:ff9b::/96) lie outside of it."""
_NOT_THE_INTERNET: tuple[Network, ...] = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, which leads into IPv4 again
    IPv6Network("2001::/23"),  # Teredo, and what else the IETF keeps
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # documentation
)
# Where machines of a cloud learn their own secrets. No setting allows them.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.169.253",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
_EMBEDDING = (
    (IPv6Network("::/96"), 0),
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("64:ff9b:1::/48"), 0),
    (IPv6Network("2002::/16"), 80),
)
"""Forms of IPv6 that hold an IPv4 address, and how many bits stand behind it."""


@dataclass(frozen=True)
class Target:
    """Where one webhook is called. `host` is a name or an address without brackets."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """What stands in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _OWN_PORTS[self.scheme] else f"{host}:{self.port}"


class Targets:
    """`networks` are private networks that the operator allows, as `10.1.0.0/16`; only there is http allowed too.

    Raises Invalid SETTINGS_INVALID for what is no network.
    """

    def __init__(self, networks: Sequence[str] = (), resolve: Resolve | None = None) -> None:
        self._networks = tuple(_network(text) for text in networks)
        self._resolve = resolve or resolve_with(None)

    def target(self, url: str) -> Target:
        """The target of a URL. Raises Invalid WEBHOOK_URL_INVALID, WEBHOOK_TARGET_REFUSED for a refused address."""
        parts, port = _parts(url)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in _OWN_PORTS or (parts.scheme == "http" and not self._networks):
            raise _invalid("Write it with https, so that nobody in between reads or changes what is sent.")
        if not _HOST.fullmatch(host):
            raise _invalid("It names no host: letters, digits, dots and hyphens, or an address.")
        if parts.username is not None or parts.password is not None:
            raise _invalid("It holds a user or a password. Take them out: the signature says who sends.")
        if parts.fragment or "#" in url:
            raise _invalid("It holds a fragment (#), which is never sent. Take it out.")
        target = Target(url, parts.scheme, host, port or _OWN_PORTS[parts.scheme])
        if target.port != _OWN_PORTS[parts.scheme] and target.port < _LEAST_FREE_PORT:
            raise _invalid(
                f"Port {target.port} is kept for other services. Use 443, or one from {_LEAST_FREE_PORT} on."
            )
        literal = _literal(host)
        if literal is not None and not self._may_call(target, literal):
            raise _refused()
        return target

    async def check(self, url: str) -> Target:
        """As `target`, and with a look at where the host leads now.

        What does not resolve is refused in the same words as what leads inside: else answers would tell which names
        there are in our network.
        """
        target = self.target(url)
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self.addresses(target)
        except OSError as error:  # TimeoutError is one
            raise _refused() from error
        return target

    async def addresses(self, target: Target) -> list[str]:
        """Where to call it, one after the other. Raises OSError where its host does not resolve, Invalid
        WEBHOOK_TARGET_REFUSED where one of its addresses may not be called: one that may does not make up for it.
        """
        literal = _literal(target.host)
        found = [str(literal)] if literal else list(dict.fromkeys(await self._resolve(target.host, target.port)))
        if not found:
            raise OSError("no address")
        addresses = [_literal(text) for text in found]
        if not all(address is not None and self._may_call(target, address) for address in addresses):
            raise _refused()
        return found[:_MOST_ADDRESSES]

    def _may_call(self, target: Target, address: Address) -> bool:
        if any(each in _METADATA for each in _forms(address)):
            return False
        if all(any(each in network for network in self._networks) for each in _forms(address)):
            return True
        return target.scheme == "https" and is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet, whatever it is called: no other network, no group, no translation."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NOT_THE_INTERNET)
    )


def resolve_with(executor: Executor | None) -> Resolve:
    """The system's resolver, in threads of its own: names may take long, and others must not wait for them."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            executor, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]

    return resolve


def _forms(address: Address) -> list[Address]:
    """The address, and the IPv4 address that it holds where it does."""
    if isinstance(address, IPv6Address) and not address.is_loopback:
        for network, behind in _EMBEDDING:
            if address in network:
                return [address, IPv4Address((int(address) >> behind) & 0xFFFF_FFFF)]
    return [address]


def _parts(url: str) -> tuple[SplitResult, int | None]:
    if not 1 <= len(url) <= _URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _invalid(f"It has 1 to {_URL_CHARACTERS} visible ASCII characters: write others as %41 or in Punycode.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _invalid("It cannot be read. Write it like https://example.com/perito.") from error
    if port == 0:
        raise _invalid("Port 0 is none.")
    return parts, port


def _literal(host: str) -> Address | None:
    """The address that a host is written as. Odd forms, such as 0x7f.1, are left to the resolver and looked at then."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        message = f"Cannot start. PERITO_WEBHOOK_ALLOWED_NETWORKS: {text[:60]!r} is no network such as 10.1.0.0/16."
        raise Invalid("SETTINGS_INVALID", message) from error


def _invalid(what: str) -> Invalid:
    return Invalid("WEBHOOK_URL_INVALID", f"The URL cannot be a webhook's. {what}", {"pointer": "/url"})


def _refused() -> Invalid:
    return Invalid(
        "WEBHOOK_TARGET_REFUSED",
        "The host does not lead to addresses of the internet alone, and webhooks are sent nowhere else. Correct it, or"
        " ask whoever runs Perito to allow its network (PERITO_WEBHOOK_ALLOWED_NETWORKS).",
        {"pointer": "/url"},
    )
