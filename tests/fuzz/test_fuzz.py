"""Whatever is sent, the answer is one that the API description tells of, and none is a fault of the server."""

from pathlib import Path

from tests.fuzz.served import fuzzed

SEED = 20261126
REQUESTS = 500


async def test_five_hundred_requests_have_the_answers_that_are_described(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    found = await fuzzed(REQUESTS, SEED, tmp_path)
    assert found.failures == {}, found.told()
    assert found.requests == REQUESTS
    statuses = {status for _, status in found.answers}
    assert {200, 202, 404, 422} <= statuses, "requests go deeper than refusals"
