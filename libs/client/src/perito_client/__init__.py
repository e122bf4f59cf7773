"""Client of the REST API: what is generated from its description, and uploading, waiting and streaming on top.

    async with connect("http://127.0.0.1:8080", key) as perito:
        dataset = await perito.upload([Path("counts.csv")], mapping=Path("mapping.yaml"))
        accepted = await perito.submit(dataset.dataset_id, name="June")
        status = await perito.wait(accepted.id, lambda status: print(status.progress))
        answer = await perito.analysis(accepted.id)
        print(answer.health_score, answer.findings.total)
        await perito.export(accepted.id, Path("report.html"), "html")

Many at once, each standing for itself; what was refused keeps its place:

        entries = await perito.submit_batch([{"dataset_id": str(dataset.dataset_id), "name": "July"}, {"name": "?"}])
        for last in await perito.wait_all(entries):
            print(last if isinstance(last, Refused) else last.status)

Calls go on through lost connections, 503 and restarts of the service, and make nothing twice. What is refused is raised
as `Refused`, which carries the problem document. Every operation of the API, blocking too, is in
`perito_client.generated.api`.
"""

from perito_client.client import PeritoClient, connect
from perito_client.errors import ClientError, DigestMismatch, NoStream, Refused, Unreachable

__all__ = ["ClientError", "DigestMismatch", "NoStream", "PeritoClient", "Refused", "Unreachable", "connect"]
