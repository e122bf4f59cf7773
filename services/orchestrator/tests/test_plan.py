"""The plan and its state machine, as laws over any graph of phases that has no circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perito_kernel.errors import Invalid, Precondition
from perito_orchestrator.plan import (
    PhaseInfo,
    Plan,
    State,
    check_registry,
    follow,
    freeze,
    plan_from_json,
    plan_to_json,
    progress,
    verdict,
)


def info(name: str, ordinal: int, requires: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> PhaseInfo:
    return PhaseInfo(name, ordinal, "1", requires, after, "d", rule_ids=(f"{name}-1", f"{name}-2"))


READ = info("read", 1)
BOOKS = info("books", 2, ("read",))
LOOKS = info("looks", 3, ("read",))
TELL = info("tell", 5, (), ("read", "books", "looks"))
ALL = [TELL, LOOKS, BOOKS, READ]


@st.composite
def graphs(draw: st.DrawFn) -> list[PhaseInfo]:
    """Up to seven phases, each depending on some with a smaller index, numbered in any order."""
    size = draw(st.integers(1, 7))
    ordinals = draw(st.permutations(range(1, size + 1)))
    infos: list[PhaseInfo] = []
    for n in range(size):
        kinds = draw(st.lists(st.sampled_from(["", "requires", "after"]), min_size=n, max_size=n))
        named = {k: tuple(f"p{m}" for m in range(n) if kinds[m] == k) for k in ("requires", "after")}
        infos.append(info(f"p{n}", ordinals[n], named["requires"], named["after"]))
    return infos


def names(plan: Plan) -> list[str]:
    return [p.name for p in plan.phases]


@given(graphs(), st.data())
def test_a_plan_is_what_was_asked_and_required_in_order(infos: list[PhaseInfo], data: st.DataObject) -> None:
    check_registry(infos)
    asked = data.draw(st.lists(st.sampled_from([i.ordinal for i in infos]), unique=True))
    plan = freeze(infos, asked)
    by_name = {i.name: i for i in infos}
    wanted = {i.name for i in infos if not asked or i.ordinal in asked}
    assert {p.name for p in plan.phases if p.asked} == wanted
    needed = set(wanted)
    for name in list(needed):
        stack = [name]
        while stack:
            stack.extend(by_name[stack.pop()].requires)
            needed.update(stack)
    assert set(names(plan)) == needed
    seen: set[str] = set()
    for phase in plan.phases:
        assert set(phase.requires) <= seen
        assert {a for a in phase.after if a in needed} <= seen
        seen.add(phase.name)
    assert plan_from_json(plan_to_json(plan)) == plan


@given(graphs(), st.data())
def test_every_run_ends_and_nothing_starts_too_early(infos: list[PhaseInfo], data: st.DataObject) -> None:
    plan = freeze(infos, [])
    states = dict.fromkeys(names(plan), State.WAITING)
    fractions = dict.fromkeys(names(plan), 0.0)
    shown = 0
    for _ in range(3 * len(infos) + 3):
        changes = follow(plan, states)
        for name in changes.skip:
            assert any(states[r] in (State.FAILED, State.SKIPPED) for r in plan.phase(name).requires)
            states[name] = State.SKIPPED
        for name in changes.queue:
            assert all(states[r] is State.COMPLETED for r in plan.phase(name).requires)
            assert all(states[a].ended for a in plan.phase(name).after)
            states[name] = State.QUEUED
        assert follow(plan, states) == type(changes)((), ())
        now = progress([(states[n], fractions[n]) for n in names(plan)], ended=verdict(plan, states) is not None)
        assert now >= shown
        shown = now
        open_phases = [n for n in names(plan) if states[n] is State.QUEUED]
        if not open_phases:
            break
        chosen = data.draw(st.sampled_from(open_phases))
        fractions[chosen] = max(fractions[chosen], data.draw(st.floats(0, 1)))
        states[chosen] = data.draw(st.sampled_from([State.COMPLETED, State.FAILED, State.QUEUED, State.COMPLETED]))
    else:
        for name in names(plan):  # whoever was drawn "still queued" all the time
            states[name] = states[name] if states[name].ended else State.FAILED
    end = verdict(plan, states)
    assert end is not None
    failed = {n for n in names(plan) if states[n] is State.FAILED}
    assert end.partial == (not end.failed and any(s is not State.COMPLETED for s in states.values()))
    assert (end.culprit in failed) if failed else end.culprit == ""
    assert not (end.failed and not failed)


def run(asked: list[int], fails: set[str]) -> tuple[dict[str, State], bool, bool, str]:
    """Runs a plan to its end; these phases fail."""
    plan = freeze(ALL, asked)
    states = dict.fromkeys(names(plan), State.WAITING)
    while (end := verdict(plan, states)) is None:
        changes = follow(plan, states)
        states |= dict.fromkeys(changes.skip, State.SKIPPED)
        states |= {n: State.FAILED if n in fails else State.COMPLETED for n in changes.queue}
    return states, end.failed, end.partial, end.culprit


@pytest.mark.parametrize(
    ("asked", "fails", "skipped", "outcome"),
    [
        ([], set[str](), set[str](), (False, False, "")),
        ([], {"books"}, set[str](), (False, True, "books")),
        ([], {"read"}, {"books", "looks"}, (True, False, "read")),  # the report ran and says so; the analysis failed
        ([], {"tell"}, set[str](), (False, True, "tell")),
        ([], {"read", "tell"}, {"books", "looks"}, (True, False, "read")),
        ([2], {"books"}, set[str](), (True, False, "books")),  # what was added for it does not save it
        ([2, 5], {"books"}, set[str](), (True, False, "books")),
        ([1, 2], {"books"}, set[str](), (False, True, "books")),
        ([5], {"tell"}, set[str](), (True, False, "tell")),
        ([5], set[str](), set[str](), (False, False, "")),
    ],
)
def test_how_an_analysis_ends(
    asked: list[int], fails: set[str], skipped: set[str], outcome: tuple[bool, bool, str]
) -> None:
    states, *end = run(asked, fails)
    assert {n for n, s in states.items() if s is State.SKIPPED} == skipped
    assert tuple(end) == outcome


def test_a_phase_after_others_waits_for_them_however_they_end() -> None:
    plan = freeze(ALL, [])
    states = {"read": State.COMPLETED, "books": State.FAILED, "looks": State.LEASED, "tell": State.WAITING}
    assert follow(plan, states).queue == ()
    assert follow(plan, states | {"looks": State.SKIPPED}).queue == ("tell",)


def test_a_phase_that_nobody_has_is_refused_with_the_choice() -> None:
    with pytest.raises(Invalid, match=r"PHASE_UNKNOWN: There is no phase 7. Choose among 1 \(read\)"):
        freeze(ALL, [1, 7])


@pytest.mark.parametrize(
    "infos",
    [
        [READ, info("read", 2)],
        [READ, info("other", 1)],
        [info("a", 1, ("nobody",))],
        [info("a", 1, (), ("b",)), info("b", 2, ("a",))],
    ],
)
def test_phases_that_do_not_fit_together_are_refused(infos: list[PhaseInfo]) -> None:
    with pytest.raises(Precondition, match="PHASES_INCONSISTENT"):
        check_registry(infos)
