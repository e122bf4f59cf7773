"""No secret and nothing of the books stands in the log of a served all-in-one, wherever a client puts them."""

import base64
import os
import re

import httpx

from tests.docs.serving import started, wait

_PREFIX = "/api/forensic"
PERSONAL = "Eulalia Núñez Xochitl"
"""A name in the books."""


def _secret(key: str) -> str:
    return key.split("_")[3]


def spoken(address: str, key: str) -> list[str]:
    """Does what clients do, and what they should not, with secrets in every place. Returns the secrets."""
    base = address.removesuffix(_PREFIX)
    forged = f"{key.rpartition('_')[0]}_{'Z' * 38}"
    with httpx.Client(base_url=base, headers={"X-API-Key": key}, timeout=30) as http:
        webhook = _webhook(http)
        made = http.post(f"{_PREFIX}/keys", json={"name": "tills", "scopes": ["read"]}).json()
        renewed = http.post(f"{_PREFIX}/keys/{made['key_id']}/rotate").json()
        http.get(f"{_PREFIX}/list", params={"name": key, "api_key": key})
        http.get(f"{_PREFIX}/status/{key}")
        http.get(f"{_PREFIX}/{key}/x")
        http.get(f"/{key}")
        http.get(f"{_PREFIX}/list", headers={"X-API-Key": forged})
        http.get(f"{_PREFIX}/list", headers={"X-Request-Id": key, "Referer": f"{base}/?key={key}", "User-Agent": key})
        http.get(f"{_PREFIX}/metrics", headers={"Authorization": f"Bearer {key}"})
        http.post(f"{_PREFIX}/analyze", content=f'{{"{key}": "', headers={"Content-Type": "application/json"})
        _books(http, address, key)
        session, token = _signed_in(base, key)
    return [_secret(key), _secret(forged), _secret(made["key"]), _secret(renewed["key"]), *webhook, session, token]


def _webhook(http: httpx.Client) -> list[str]:
    """Its secrets, old and new, and what they are made of."""
    asked = {"url": "http://127.0.0.1:1024/", "event_types": ["analysis.completed"]}
    made = http.post(f"{_PREFIX}/webhooks", json=asked).json()
    http.post(f"{_PREFIX}/webhooks/{made['id']}/test")
    renewed = http.post(f"{_PREFIX}/webhooks/{made['id']}/rotate-secret").json()
    texts = [each["secret"].removeprefix("whsec_") for each in (made, renewed)]
    return [*texts, *(base64.b64decode(text).hex() for text in texts)]


def _books(http: httpx.Client, address: str, key: str) -> None:
    """Books with a person in them, one set that is read and one that is not."""
    sales = [{"id": "T1", "date": "2026-07-01", "sku": "A", "quantity": 1, "type": "sale", "customer": PERSONAL}]
    for body in ({"data": {"transactions": sales}, "name": "x"}, {"data": {"inventory": [{"colour": PERSONAL}]}}):
        accepted = http.post(f"{_PREFIX}/analyze", json=body)
        assert accepted.status_code == 202, accepted.text
        wait(f"{address}/status/{accepted.json()['id']}", key)


def _signed_in(base: str, key: str) -> tuple[str, str]:
    """The session, and the token of its forms, after a wrong key and a page or two."""
    with httpx.Client(base_url=base, headers={"Origin": base}, timeout=30) as browser:
        browser.post("/sign-in", data={"key": key[:-1], "next": f"/?x={key}"})
        answer = browser.post("/sign-in", data={"key": key, "next": "/"})
        cookie = answer.headers["set-cookie"].split(";", 1)[0]
        page = browser.get("/service", headers={"Cookie": cookie})
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert token is not None
        browser.post("/preferences", data={"csrf": "0" * 128, "theme": "dark"}, headers={"Cookie": cookie})
        browser.post("/sign-out", data={"csrf": token[1]}, headers={"Cookie": cookie})
    return cookie.partition("=")[2], token[1]


def test_no_secret_and_nothing_of_the_books_stands_in_a_log() -> None:
    with started({**os.environ, "PERITO_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}) as served:
        secrets = spoken(served.address, served.key)
        told = served.log.read_text("utf-8")
    assert told.count("request answered") > 15, "it is the log"
    assert all(len(secret) > 20 for secret in secrets)
    assert [secret for secret in secrets if secret in told] == []
    assert [word for word in (PERSONAL, PERSONAL.split()[2]) if word in told] == []
    assert served.key.split("_")[2] in told, "ids of keys are no secret"
