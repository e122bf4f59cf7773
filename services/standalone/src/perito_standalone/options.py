"""What options of the command line mean: words to checked values."""

import contextlib
import ipaddress
from collections.abc import Sequence

from perito_kernel.errors import Invalid, Precondition
from perito_kernel.findings import Severity
from pydantic import ByteSize, TypeAdapter, ValidationError

from perito_standalone.memory import default_budget

NEVER = "never"
_LEAST_MEMORY = 512 * 2**20


def severity_of(word: str) -> Severity | None:
    """A severity by its name, None for `never`. Raises `Invalid` OPTION_INVALID."""
    if word == NEVER:
        return None
    with contextlib.suppress(ValueError):
        return Severity(word)
    words = ", ".join(severity.value for severity in Severity)
    raise Invalid("OPTION_INVALID", f"--fail-on {word} is unknown. Choose {words} or {NEVER}.")


def budget_of(memory: str) -> int:
    """Bytes of a size such as 3GiB; the machine's own budget for "". Raises `Invalid` OPTION_INVALID."""
    if not memory:
        return default_budget()
    try:
        budget = int(TypeAdapter(ByteSize).validate_python(memory))
    except ValidationError as error:
        raise Invalid("OPTION_INVALID", f"--memory {memory} is no size. Write it like 3GiB.") from error
    if budget < _LEAST_MEMORY:
        raise Invalid("OPTION_INVALID", f"--memory {memory} is too little: 512MiB is the least.")
    return budget


def networks_of(words: Sequence[str]) -> tuple[str, ...]:
    """Networks, one or several by blanks in each word. Raises `Invalid` OPTION_INVALID."""
    networks = [network for word in words for network in word.split()]
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            message = f"--webhook-network {network} is no network ({error}). Write it like 10.1.0.0/16."
            raise Invalid("OPTION_INVALID", message) from error
    return tuple(networks)


def refuse_open_door(host: str, allowed: bool) -> None:
    """Raises Precondition LISTEN_REFUSED where others could listen to books and keys."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not allowed:
        raise Precondition(
            "LISTEN_REFUSED",
            f"On {host} books and keys would cross the network unencrypted. Put a proxy with TLS before 127.0.0.1, or"
            " add --allow-plain-http.",
        )
