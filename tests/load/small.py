"""A small analysis: books of an application, sent as JSON in the request itself."""

import ssl
from typing import Any

import httpx
from perito_standalone.supervisor import Supervisor

_KINDS = ("receipt", "sale", "sale", "sale")


def json_books(rows: int) -> dict[str, Any]:
    """A body for `POST /analyze` with `rows` rows: movements in ten places and a stock list, which they explain."""
    products = max(1, rows // 100)
    movements: list[dict[str, Any]] = []
    stock = [0] * products
    for n in range(rows - products):
        product, kind = n % products, _KINDS[n // products % len(_KINDS)]
        quantity = 30 if kind == "receipt" else 1 + n % 7
        stock[product] += quantity if kind == "receipt" else -quantity
        movements.append(
            {
                "id": f"T{n}",
                "date": f"2026-{1 + n * 6 // rows:02d}-{1 + n % 28:02d}",
                "sku": f"A-{product}",
                "location": "L1",
                "quantity": quantity if kind == "receipt" else -quantity,
                "type": kind,
            }
        )
    inventory = [
        {"sku": f"A-{n}", "location": "L1", "date": "2026-06-30", "quantity": units} for n, units in enumerate(stock)
    ]
    return {"data": {"transactions": movements, "inventory": inventory}, "name": "small", "params": {}}


async def submit(perito: Supervisor, content: bytes) -> str:
    """Sends the body; returns the analysis' id."""
    socket = perito.address.removeprefix("unix:") if perito.address.startswith("unix:") else None
    base = "http://localhost" if socket else f"http://{perito.address}"
    headers = {"X-API-Key": str(perito.first_key), "Content-Type": "application/json"}
    # No byte goes over TLS, and the authorities that a client reads by itself are no part of what is measured.
    transport = httpx.AsyncHTTPTransport(uds=socket, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers, timeout=60) as http:
        answer = await http.post("/api/forensic/analyze", content=content)
        answer.raise_for_status()
        return str(answer.json()["id"])
