"""Delivers events to webhooks: takes what is due, tries it, and says what follows.

Any number of orchestrators may. A delivery is kept from the others for as long as a try may take and some more, so one
that was under way when its process died is tried again by whoever comes next, under the same id and with the same body.

No receiver holds up others: a webhook has two tries under way at most, a tenant eight, the process 64, and a try is
bounded in time.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

from perito_kernel.errors import Internal, PeritoError
from perito_runtime.failpoints import failpoint
from perito_runtime.logs import logger

from perito_orchestrator import webhook_measures
from perito_orchestrator.store import webhook_deliveries as deliveries
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.webhook_deliveries import Attempt, Claim, Parcel
from perito_orchestrator.webhook_secrets import Sealing, signature
from perito_orchestrator.webhook_sender import Outcome, Sender
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_orchestrator.webhook_targets import Resolve, Targets, resolve_with

log = logger("webhooks")

_OF_A_WEBHOOK = 2
_OF_A_TENANT = 8
_OF_ALL = 64
_LEAVE_SECONDS = 10.0
_LOOK_SECONDS = 5.0
_CHANCE = random.SystemRandom()  # nobody else's sequence is disturbed
_USER_AGENT = "Perito-Webhooks/1.0"


class Courier:
    """`poll_seconds`: how long what is due can lie unseen. `resolve` is for tests, which say where names lead."""

    def __init__(
        self,
        app: Database,
        system: Database,
        settings: WebhookSettings,
        *,
        poll_seconds: float = 1.0,
        resolve: Resolve | None = None,
    ) -> None:
        self._app = app
        self._system = system
        self._patience = settings.patience
        self._poll_seconds = poll_seconds
        self.sealing = Sealing(settings.secret)
        self._threads = ThreadPoolExecutor(2 * _OF_ALL, "resolve")
        self.targets = Targets(settings.networks, resolve or resolve_with(self._threads))
        authority = Path(settings.authority) if settings.authority else None
        self._sender = Sender(self.targets, seconds=settings.seconds, authority=authority)
        self.hold_seconds = settings.seconds + settings.hold_seconds
        self._webhooks = Counter[UUID]()
        self._tenants = Counter[UUID]()
        self._running: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.oldest_due_seconds = 0.0
        """How long what has waited longest has been due, as of the last look."""
        self._looked = -_LOOK_SECONDS
        webhook_measures.MEASURES.watch(self)

    def start(self) -> None:
        """Begins, where there is a key."""
        if self.sealing.on:
            self._task = asyncio.create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Takes nothing more, and waits ten seconds for what is under way. The rest is tried again by another one."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._running:
            await asyncio.wait(self._running, timeout=_LEAVE_SECONDS)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run_once(self) -> int:
        """Begins to deliver what is due and there is room for; how much. Raises Unavailable."""
        full = [webhook for webhook, count in self._webhooks.items() if count >= _OF_A_WEBHOOK]
        full_tenants = [tenant for tenant, count in self._tenants.items() if count >= _OF_A_TENANT]
        room = _OF_ALL - len(self._running)
        if room <= 0:
            return 0
        claims = await deliveries.take(
            self._system, self.hold_seconds, room, without=full, without_tenants=full_tenants
        )
        for claim in claims:
            self._begin(claim)
        return len(claims)

    async def deliver(self, claim: Claim) -> str:
        """Tries a delivery that this process holds: its state, empty where it is no longer this process's."""
        parcel = await deliveries.parcel(self._app, claim)
        if parcel is None:
            return ""
        outcome = await self._send(claim, parcel)
        await failpoint("webhook.after_send")
        attempt = Attempt(
            parcel.now, outcome.milliseconds, outcome.status, outcome.failure, outcome.detail, outcome.answer
        )
        state = await deliveries.finish(self._app, claim, attempt, self._patience, _CHANCE.uniform(0.8, 1.2))
        webhook_measures.MEASURES.tried(state, outcome.failure)
        if outcome.failure:
            log.info("webhook not delivered", webhook=str(claim.webhook), failure=outcome.failure, state=state)
        return state

    async def _send(self, claim: Claim, parcel: Parcel) -> Outcome:
        try:
            keys = [self.sealing.open(claim.tenant, claim.webhook, parcel.secret)]
            if parcel.previous is not None:
                with contextlib.suppress(Internal):  # the new one is enough to be known by
                    keys.append(self.sealing.open(claim.tenant, claim.webhook, parcel.previous))
        except PeritoError as error:
            log.error("webhook cannot be signed", webhook=str(claim.webhook), reason=error.reason)
            return Outcome(None, "internal", error.message, "", 0)
        return await self._sender.send(parcel.url, _headers(parcel, keys), parcel.body)

    def _begin(self, claim: Claim) -> None:
        self._webhooks[claim.webhook] += 1
        self._tenants[claim.tenant] += 1
        task = asyncio.create_task(self._carry(claim), name="webhook")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry(self, claim: Claim) -> None:
        try:
            await self.deliver(claim)
        except PeritoError as error:
            log.warning("what came of a delivery was not kept", webhook=str(claim.webhook), reason=error.reason)
        except Exception:
            log.exception("delivery failed")
        finally:
            for counter, key in ((self._webhooks, claim.webhook), (self._tenants, claim.tenant)):
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]
            self._ended.set()

    async def _run(self) -> None:
        while True:
            self._ended.clear()
            try:
                while await self.run_once():
                    pass
                await self._look()
            except PeritoError as error:
                log.warning("webhooks wait", reason=error.reason)
                await asyncio.sleep(self._poll_seconds)
            except Exception:
                log.exception("webhooks failed")
                await asyncio.sleep(self._poll_seconds)
            await self._rest()

    async def _look(self) -> None:
        """Looks now and then how long the oldest has waited, for who measures it."""
        now = asyncio.get_running_loop().time()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self.oldest_due_seconds = await deliveries.oldest_due(self._system)

    async def _rest(self) -> None:
        """Until a try ends and makes room, or for a while."""
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._ended.wait()
        except TimeoutError:
            return


def _headers(parcel: Parcel, keys: list[str]) -> Mapping[str, str]:
    timestamp = int(parcel.now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": _USER_AGENT,
        "webhook-id": parcel.message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(keys, parcel.message_id, timestamp, parcel.body),
    }
