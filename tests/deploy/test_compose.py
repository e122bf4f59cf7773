"""Every compose file is valid, and what it starts is as confined, bounded and private as docs/deploy.md says."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from perito_edge.process import EdgeProcessSettings
from perito_orchestrator.bootstrap import BootstrapSettings
from perito_orchestrator.process import OrchestratorProcessSettings
from perito_runtime.settings import PhaseSettings, variable
from pydantic import ByteSize, TypeAdapter
from pydantic_settings import BaseSettings

from tests.deploy.composed import DEPLOY, FILES, ONCE, OURS, PHASES, composed, services

SETTINGS: Mapping[str, type[BaseSettings]] = {
    "edge": EdgeProcessSettings,
    "orchestrator": OrchestratorProcessSettings,
    "bootstrap": BootstrapSettings,
    **dict.fromkeys(PHASES, PhaseSettings),
}
_CLOSING_SECONDS = 35
"""What may follow the drain: the time bounds of all that is closed after it."""


def every(kind: tuple[str, ...] | None = None) -> Iterator[tuple[str, str]]:
    """File and service, for each service in each file, or for those of these names."""
    return ((file, name) for file in FILES for name in services(file) if kind is None or name in kind)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_valid_and_has_every_service(file: str) -> None:
    assert set(OURS) <= services(file).keys()


@pytest.mark.parametrize(("file", "name"), list(every()))
def test_a_container_can_do_little_and_take_little(file: str, name: str) -> None:
    service = services(file)[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == ([] if name != "postgres" else service["cap_add"])
    assert not service.get("privileged")
    limits = service["deploy"]["resources"]["limits"]
    assert limits["cpus"] > 0
    assert int(limits["memory"]) <= 4 * 2**30
    assert 0 < limits["pids"] <= 512
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


@pytest.mark.parametrize(("file", "name"), list(every((*OURS, "bootstrap"))))
def test_its_environment_is_settings_that_exist(file: str, name: str) -> None:
    given = {key for key in services(file)[name]["environment"] if key.startswith("PERITO_")}
    kind = SETTINGS[name]
    known = {variable(kind, field) for field in kind.model_fields}
    required = {variable(kind, key) for key, field in kind.model_fields.items() if field.is_required()}
    assert given - known == set(), "no process reads them"
    assert required - given == set(), "the process does not start without"


@pytest.mark.parametrize(("file", "name"), list(every()))
def test_no_secret_stands_in_the_environment(file: str, name: str) -> None:
    for key, value in services(file)[name].get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|_KEY$", key):
            assert value.startswith("/run/secrets"), f"{key} must name a file"
        assert "@" not in value or re.fullmatch(r"amqp://perito@rabbitmq:5672/|rabbit@localhost", value)


@pytest.mark.parametrize(("file", "name"), list(every(OURS)))
def test_it_may_drain_before_it_is_killed(file: str, name: str) -> None:
    service = services(file)[name]
    settings = service["environment"]
    grace = sum(int(n) * {"m": 60, "s": 1}[unit] for n, unit in re.findall(r"(\d+)(m|s)", service["stop_grace_period"]))
    assert grace > sum(float(settings[f"PERITO_{n}_SECONDS"]) for n in ("NOTICE", "DRAIN")) + _CLOSING_SECONDS


@pytest.mark.parametrize(("file", "name"), list(every(PHASES)))
def test_its_jobs_fit_into_its_container(file: str, name: str) -> None:
    service = services(file)[name]
    budget = TypeAdapter(ByteSize).validate_python(service["environment"]["PERITO_COMPUTE_MEMORY"])
    assert budget * 1.5 <= int(service["deploy"]["resources"]["limits"]["memory"])


def test_production_publishes_nginx_alone_and_splits_networks() -> None:
    whole = composed("compose.production.yaml")
    published = {name: service["ports"] for name, service in whole["services"].items() if service.get("ports")}
    assert {name: [port["published"] for port in ports] for name, ports in published.items()} == {
        "nginx": ["80", "443"]
    }
    assert [name for name, network in whole["networks"].items() if not network.get("internal")] == [
        "outside",
        "webhooks",
    ]
    on = {name: set(service.get("networks", {})) for name, service in whole["services"].items()}
    assert on["nginx"] == {"outside", "edge"}
    assert {name for name, networks in on.items() if "webhooks" in networks} == {"orchestrator"}
    assert all(on[phase] == {"inside"} for phase in PHASES)
    assert on["postgres"] == on["rabbitmq"] == {"data"}
    assert not on["edge"] & on["postgres"]


def test_production_has_two_of_each_and_gives_a_secret_to_whom_it_is_for() -> None:
    production = services("compose.production.yaml")
    assert {name: production[name]["deploy"]["replicas"] for name in OURS} == dict.fromkeys(OURS, 2)
    holders: dict[str, set[str]] = {}
    for name, service in production.items():
        for secret in service.get("secrets", []):
            holders.setdefault(secret["source"], set()).add(name)
    assert holders.pop("postgres_superuser") == {"postgres", "bootstrap", "preflight"}
    assert holders.pop("redis_password") == {"redis", "edge", "preflight"}
    assert holders.pop("webhook_secret") == {"orchestrator", "preflight"}
    assert holders.pop("pseudonym_secret") == {"validation", "preflight"}
    assert not set().union(*holders.values()) & {"edge", "nginx", *PHASES}
    mounted = {str(v.get("source")) for service in production.values() for v in service.get("volumes", [])}
    assert not [source for source in mounted if source.endswith("/authority")], "its key signs everything"


def test_whatever_starts_in_production_waits_for_the_look_at_secrets() -> None:
    production = services("compose.production.yaml")

    def awaited(name: str) -> set[str]:
        direct = set(production[name].get("depends_on", {}))
        return direct.union(*map(awaited, direct))

    assert {name for name in production if "preflight" not in awaited(name)} == {"preflight"}


@pytest.mark.parametrize(("file", "name"), list(every()))
def test_what_is_mounted_from_here_exists(file: str, name: str) -> None:
    for volume in services(file)[name].get("volumes", []):
        source = Path(str(volume.get("source", "")))
        if volume["type"] == "bind" and DEPLOY / "secrets" not in (source, *source.parents):
            assert source.exists()
            assert volume["read_only"] is True


def test_every_variable_of_the_files_is_explained() -> None:
    asked = re.compile(r"\$\{(\w+)(?::?[-?][^}]*)?\}")
    used = {name for path in DEPLOY.glob("*.yaml") for name in asked.findall(path.read_text("utf-8"))}
    example = (DEPLOY / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == used
    blocks = [block for block in example.split("\n\n") if "=" in block]
    assert all(block.startswith("#") for block in blocks)


def test_the_example_says_what_is_where_it_is_left_out() -> None:
    example = re.findall(r"^(\w+=.*)$", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE)
    shown: dict[str, Any] = {**composed("compose.production.yaml", *example)}
    assert shown == composed("compose.production.yaml")
