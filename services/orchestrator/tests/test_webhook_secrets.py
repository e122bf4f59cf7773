"""Secrets of webhooks: a stranger's library takes our signatures, and what is sealed opens for its own row alone."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from perito_kernel.errors import Internal, Precondition
from perito_orchestrator.webhook_secrets import Sealing, new_secret, signature
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

KEY = "kJ8s0dLmQz5vXw2nRt7yUb4cEf6gHiA1"
OLDER = "pQ3wE9rT5yU1iO7aS2dF8gH4jK6lZxC0"
BODY = '{"type":"analysis.completed","data":{"name":"Almacén Nº 1"}}'.encode()


def headers(keys: list[str], body: bytes = BODY, message: str = "msg_1") -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    return {
        "webhook-id": message,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(keys, message, now, body),
    }


def test_the_library_of_standard_webhooks_takes_our_signature() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers([secret])) == json.loads(BODY)


@pytest.mark.parametrize("what", ["body", "id", "secret"])
def test_it_refuses_what_was_changed(what: str) -> None:
    secret = new_secret()
    sent = headers([secret])
    if what == "id":
        sent["webhook-id"] = "msg_2"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret() if what == "secret" else secret).verify(BODY + b" " * (what == "body"), sent)


def test_while_two_secrets_sign_either_is_enough() -> None:
    old, new = new_secret(), new_secret()
    sent = headers([new, old])
    assert sent["webhook-signature"].count("v1,") == 2
    assert Webhook(old).verify(BODY, sent) == Webhook(new).verify(BODY, sent)


def test_the_signature_of_the_standards_own_example() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    told = signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_drawn_anew() -> None:
    assert len({new_secret() for _ in range(100)}) == 100


def test_what_is_sealed_opens_for_its_webhook_and_no_other() -> None:
    tenant, webhook, secret = uuid4(), uuid4(), new_secret()
    sealing = Sealing(KEY)
    sealed = sealing.seal(tenant, webhook, secret)
    assert sealing.open(tenant, webhook, sealed) == secret
    assert secret.encode() not in sealed
    assert sealing.seal(tenant, webhook, secret) != sealed, "a nonce of its own each time"
    for foreign in ((uuid4(), webhook), (tenant, uuid4())):
        with pytest.raises(Internal, match="WEBHOOK_SECRET_LOST"):
            sealing.open(*foreign, sealed)
    for broken in (b"", sealed[:-1], sealed[:20], bytes([*sealed[:-1], sealed[-1] ^ 1])):
        with pytest.raises(Internal, match="WEBHOOK_SECRET_LOST"):
            sealing.open(tenant, webhook, broken)


def test_a_new_key_before_the_old_one_seals_and_both_open() -> None:
    tenant, webhook = uuid4(), uuid4()
    old = Sealing(OLDER).seal(tenant, webhook, new_secret())
    both = Sealing(f"{KEY} {OLDER}")
    assert both.open(tenant, webhook, old) == Sealing(OLDER).open(tenant, webhook, old)
    assert Sealing(KEY).open(tenant, webhook, both.seal(tenant, webhook, "whsec_x")) == "whsec_x"
    with pytest.raises(Internal, match="WEBHOOK_SECRET_LOST"):
        Sealing(KEY).open(tenant, webhook, old)


def test_without_a_key_nothing_is_sealed() -> None:
    sealing = Sealing("")
    assert not sealing.on
    with pytest.raises(Precondition, match="WEBHOOKS_OFF"):
        sealing.seal(uuid4(), uuid4(), new_secret())
    with pytest.raises(Precondition, match="WEBHOOKS_OFF"):
        sealing.open(uuid4(), uuid4(), b"x")
