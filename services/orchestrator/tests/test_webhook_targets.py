"""Where webhooks may lead: every way that was found to write an address inside is refused, and the internet is not."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from perito_kernel.errors import Invalid
from perito_orchestrator.webhook_targets import Resolve, Targets, is_public

PUBLIC = "93.184.215.14"
INSIDE = (
    "0.0.0.0",  # noqa: S104 - refused
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
OUTSIDE = (PUBLIC, "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1")


def leading_to(*answers: Sequence[str]) -> Resolve:
    """A resolver that answers so, one after the other, and the last from then on."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise OSError("no such host")
        return found

    return resolve


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_inside_is_refused_as_written_and_as_resolved(address: str) -> None:
    targets = Targets(resolve=leading_to([address]))
    host = f"[{address}]" if ":" in address else address
    if "%" not in address:  # a zone is no part of a URL
        with pytest.raises(Invalid) as written:
            targets.target(f"https://{host}/hook")
        assert written.value.reason == "WEBHOOK_TARGET_REFUSED"
    with pytest.raises(Invalid) as resolved:
        await targets.check("https://hooks.example.com/hook")
    assert resolved.value.reason == "WEBHOOK_TARGET_REFUSED"


@pytest.mark.parametrize("address", OUTSIDE)
async def test_an_address_of_the_internet_is_not(address: str) -> None:
    assert is_public(ip_address(address))
    targets = Targets(resolve=leading_to([address]))
    target = await targets.check("https://hooks.example.com/hook?x=1")
    assert (target.host, target.port) == ("hooks.example.com", 443)
    assert await targets.addresses(target) == [address]


async def test_one_address_inside_among_others_is_enough() -> None:
    with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
        await Targets(resolve=leading_to([PUBLIC, "10.0.0.1"])).check("https://hooks.example.com/")


async def test_a_name_is_looked_at_again_each_time() -> None:
    targets = Targets(resolve=leading_to([PUBLIC], ["127.0.0.1"]))
    target = await targets.check("https://rebinding.example.com/")
    with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
        await targets.addresses(target)


async def test_what_does_not_resolve_is_refused_in_the_same_words_as_what_leads_inside() -> None:
    with pytest.raises(Invalid) as unknown:
        await Targets(resolve=leading_to([])).check("https://db.internal.example.com/")
    with pytest.raises(Invalid) as inside:
        await Targets(resolve=leading_to(["10.0.0.1"])).check("https://db.internal.example.com/")
    assert str(unknown.value) == str(inside.value)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
async def test_odd_ways_to_write_loopback_are_refused_by_what_they_resolve_to(host: str) -> None:
    with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
        await Targets().check(f"https://{host}/")  # the system's resolver understands the odd ones


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "hooks.example.com",
        "//hooks.example.com/",
        "https:///hook",
        "https://",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com/#there",
        "https://hooks.example.com/#",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:65536/",
        "https://hooks.example.com:x/",
        "https://hooks.example.com /",
        "https://hooks.example.com\r\nHost: inside/",
        "https://hooks.example.com\\@inside/",
        "https://ex\u00e4mple.com/",
        "https://hooks_%2e.example.com/",
        "https://[::1/",
        "https://" + "x" * 300 + "/",
        "https://hooks.example.com/" + "x" * 2000,
        "",
    ],
)
def test_other_urls_are_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Targets().target(url)
    assert refused.value.reason == "WEBHOOK_URL_INVALID"
    assert refused.value.details == {"pointer": "/url"}


@pytest.mark.parametrize("port", ["", ":443", ":1024", ":8443", ":65535"])
def test_ports_that_are_nobody_elses_are_taken(port: str) -> None:
    assert Targets().target(f"https://hooks.example.com{port}/").port == int(port[1:] or 443)


async def test_an_operator_may_allow_a_network_and_nothing_around_it() -> None:
    targets = Targets(["10.1.0.0/16", "fd12::/48", "::1/128"])
    for host in ("10.1.2.3", "[fd12::5]", "[::1]"):
        for scheme in ("https", "http"):
            assert await targets.addresses(targets.target(f"{scheme}://{host}:8080/"))
    for host in ("10.2.0.1", "127.0.0.1", "[fd13::5]", "[::ffff:10.1.2.3]", "[64:ff9b::a01:203]"):
        with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
            targets.target(f"https://{host}:8080/")
    with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
        targets.target(f"http://{PUBLIC}/")  # in the clear it may not cross the internet
    assert targets.target(f"https://{PUBLIC}/")


@pytest.mark.parametrize("address", ["169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]"])
def test_nobody_can_allow_where_a_cloud_keeps_its_secrets(address: str) -> None:
    targets = Targets(["169.254.0.0/16", "fd00::/8", "64:ff9b::/96"])
    with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
        targets.target(f"http://{address}/latest/meta-data")


@pytest.mark.parametrize("text", ["10.1.0.0/33", "inside", "10.1.2.3/16"])
def test_a_setting_that_is_no_network_is_named(text: str) -> None:
    with pytest.raises(Invalid, match="PERITO_WEBHOOK_ALLOWED_NETWORKS"):
        Targets([text])
