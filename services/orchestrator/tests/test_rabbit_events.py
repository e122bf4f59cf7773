"""The listener of docs/events.md gets what happens to an analysis."""

import asyncio
import re
import sys
from pathlib import Path

from perito_orchestrator.broker_rabbit import RabbitBroker

from tests.servers import RabbitServer

from .mesh import Mesh
from .phases import until

PAGE = Path(__file__).resolve().parents[3] / "docs" / "events.md"


async def test_the_listener_of_the_page_hears_of_an_analysis(mesh: Mesh, rabbit: RabbitServer, tmp_path: Path) -> None:
    shown = re.search(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert shown is not None
    script = tmp_path / "listener.py"
    script.write_text(shown[1])
    with rabbit.vhost() as url:
        broker = RabbitBroker(url)
        await broker.open()
        await broker.bind("erp.elsewhere", "#")  # the exchange is there before anybody listens
        child = await asyncio.create_subprocess_exec(sys.executable, str(script), url, stdout=asyncio.subprocess.PIPE)
        assert child.stdout is not None
        try:
            await until(lambda: len(rabbit.api.get(f"queues/{url.rpartition('/')[2]}")) == 2, 30)
            async with asyncio.timeout(30):
                client = await mesh.start(broker)
                heard: list[str] = []
                while not heard or heard[-1].split()[0] != "analysis.completed":
                    if not heard:
                        await client.submit()
                    heard.append((await child.stdout.readline()).decode())
        finally:
            child.kill()
            await child.wait()
            await mesh.stop()
            await broker.close()
    assert heard[0].split()[0] == "analysis.submitted"
