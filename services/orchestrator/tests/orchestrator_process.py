"""An orchestrator as a process of its own, for tests that kill it: settings as JSON on the command line."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from perito_orchestrator.app import Orchestrator, OrchestratorSettings
from perito_orchestrator.broker_memory import MemoryBroker
from perito_orchestrator.quotas import Quotas
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_runtime.failpoints import arm_from_environment
from perito_runtime.logs import configure_logs
from perito_runtime.objects import LocalObjectStore


async def _run(settings: OrchestratorSettings, objects: str) -> None:
    orchestrator = Orchestrator(settings, MemoryBroker(), LocalObjectStore(Path(objects)))
    await orchestrator.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logs()
    arm_from_environment()
    asked = json.loads(sys.argv[1])
    told: dict[str, Any] = {**asked["settings"], "quotas": Quotas(**asked["settings"]["quotas"])}
    told["webhooks"] = WebhookSettings(**told["webhooks"])
    asyncio.run(_run(OrchestratorSettings(**told), asked["objects"]))
