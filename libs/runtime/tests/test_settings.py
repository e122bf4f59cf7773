"""Settings as whoever sets them sees them: the manual, what is wrong in a sentence, variables that mean nothing."""

from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_runtime.process import run_process
from perito_runtime.settings import PhaseSettings, ServiceSettings, manual, read_settings, unknown_variables


async def never(_settings: ServiceSettings) -> None:
    """What must not be reached."""
    raise AssertionError


def test_the_manual_names_every_variable_with_its_default() -> None:
    told = manual("perito_double", PhaseSettings)
    assert told.startswith("python -m perito_double\n")
    for line in ("PERITO_LISTEN (required)", "PERITO_COMPUTE_MEMORY (2.0GiB)", "PERITO_DRAIN_SECONDS (30)"):
        assert f"  {line}\n" in told
    assert all(field.description for field in PhaseSettings.model_fields.values())


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERITO_COMPUTE_SLOT", "3")
    monkeypatch.setenv("PERITO_WHATEVER", "3")
    monkeypatch.setenv("PERITO_LISTEN", "unix:/s")
    found = unknown_variables(PhaseSettings)
    assert found["PERITO_COMPUTE_SLOT"] == "PERITO_COMPUTE_SLOTS"
    assert found["PERITO_WHATEVER"] == ""
    assert "PERITO_LISTEN" not in found


def test_every_fault_is_told_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PERITO_LISTEN", raising=False)
    monkeypatch.setenv("PERITO_OBJECTS", str(tmp_path))
    monkeypatch.setenv("PERITO_COMPUTE_SLOTS", "0")
    with pytest.raises(Invalid) as wrong:
        read_settings(PhaseSettings)
    assert "PERITO_LISTEN: is required. Where to listen" in wrong.value.message
    assert "PERITO_COMPUTE_SLOTS: Input should be greater than or equal to 1" in wrong.value.message


def test_a_drain_that_would_be_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERITO_LISTEN", "unix:/s")
    monkeypatch.setenv("PERITO_DRAIN_SECONDS", "600")
    assert read_settings(ServiceSettings).drain_seconds == 600
    monkeypatch.setenv("PERITO_DRAIN_SECONDS", "600.1")
    with pytest.raises(Invalid, match="PERITO_DRAIN_SECONDS: Input should be less than or equal to 600"):
        read_settings(ServiceSettings)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--help"], None, "PERITO_LISTEN"),
        (["--probe"], 2, "is not understood"),
        (["--probe", "well"], 2, "live|ready|started"),
        (["now"], 2, "'now' is not understood"),
    ],
)
def test_arguments(
    arguments: list[str],
    code: int | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["-m", *arguments])
    if code is None:
        run_process("perito_double", ServiceSettings, never)
    else:
        with pytest.raises(SystemExit) as ended:
            run_process("perito_double", ServiceSettings, never)
        assert ended.value.code == code
    said = capsys.readouterr()
    assert told in said.out + said.err
