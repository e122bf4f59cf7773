"""The circuit breaker: single steps by example, and what holds whatever happens in which order."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from perito_runtime.breaker import CircuitBreaker, State
from structlog.testing import capture_logs

LONGEST = 10.0


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def call(breaker: CircuitBreaker, answered: bool | None) -> bool:
    """Whether a call was let through; it ends at once."""
    token = breaker.admit()
    if token is None:
        return False
    breaker.ended(token, answered)
    return True


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker("there", clock=clock)
    for _ in range(5):
        assert call(breaker, False)
    assert breaker.state is State.OPEN
    return breaker


def test_it_opens_says_so_and_closes_after_a_probe() -> None:
    clock = Clock()
    with capture_logs() as logs:
        breaker = opened(clock)
        assert not call(breaker, True)
        clock.now += 1.0
        token = breaker.admit()
        assert token is not None
        assert breaker.state is State.HALF_OPEN
        assert breaker.admit() is None, "one probe at a time"
        breaker.ended(token, True)
        assert call(breaker, True)
    assert [(entry["state"], entry["target"]) for entry in logs] == [
        (state, "there") for state in ("open", "half_open", "closed")
    ]


def test_a_probe_that_fails_doubles_the_pause_up_to_a_limit() -> None:
    clock = Clock()
    breaker = opened(clock)
    for pause in (1.0, 2.0, 4.0, 8.0, LONGEST, LONGEST):
        clock.now += pause - 0.01
        assert not call(breaker, True)
        clock.now += 0.01
        assert call(breaker, False)
    clock.now += LONGEST
    assert call(breaker, True)
    for _ in range(5):
        call(breaker, False)
    clock.now += 1.0
    assert call(breaker, True), "after it was closed the first pause is short again"


def test_a_probe_that_was_given_up_leaves_the_next_call_to_be_the_probe() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.0
    assert call(breaker, None)
    assert call(breaker, True)
    assert breaker.state is State.CLOSED


def test_what_began_before_it_opened_changes_nothing() -> None:
    clock = Clock()
    breaker = CircuitBreaker("there", clock=clock)
    late = breaker.admit()
    assert late is not None
    for _ in range(5):
        call(breaker, False)
    breaker.ended(late, True)
    assert breaker.state is State.OPEN


def test_failures_long_ago_are_forgotten() -> None:
    clock = Clock()
    breaker = CircuitBreaker("there", clock=clock)
    for _ in range(40):
        assert call(breaker, False)
        clock.now += 2.6  # four in ten seconds
    assert breaker.state is State.CLOSED


@given(st.lists(st.booleans(), max_size=400))
def test_it_stays_closed_while_most_are_answered(answers: list[bool]) -> None:
    breaker = CircuitBreaker("there", clock=Clock())
    answered = failed = 0
    for answer in answers:
        if not answer and failed + 1 >= answered:
            continue
        answered, failed = answered + answer, failed + (not answer)
        assert call(breaker, answer)
    assert breaker.state is State.CLOSED


class Any(RuleBasedStateMachine):
    """Calls that begin, end and are given up in any order, while time goes on."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.breaker = CircuitBreaker("there", longest_pause=LONGEST, clock=self.clock)
        self.open: list[int] = []
        self.probes = 0

    @rule()
    def admit(self) -> None:
        before = self.breaker.state
        token = self.breaker.admit()
        assert (token is not None) or before is not State.CLOSED
        if token is not None:
            self.open.append(token)

    @rule(which=st.integers(0, 10**6), answered=st.sampled_from([True, False, None]))
    def end(self, which: int, answered: bool | None) -> None:
        if self.open:
            self.breaker.ended(self.open.pop(which % len(self.open)), answered)

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def recover(self) -> None:
        """However it came to be here: once all is answered, the longest pause brings it back."""
        for token in self.open:
            self.breaker.ended(token, True)
        self.open.clear()
        self.clock.now += LONGEST
        assert call(self.breaker, True)
        assert self.breaker.state is State.CLOSED

    @invariant()
    def half_open_means_one_probe_on_its_way(self) -> None:
        if self.breaker.state is State.HALF_OPEN:
            assert self.breaker.admit() is None
            assert self.open, "nobody would ever close it"


Any.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAny = Any.TestCase
