"""Who may call the orchestrator: the edge for every tenant, internal clients for the tenant of their API key."""

from collections.abc import Collection

from perito_runtime.callers import ANY_SCOPE, Callers, KeyBearer, callers_around, key_ring
from perito_runtime.interceptors import Around

from perito_orchestrator.keys import authenticate
from perito_orchestrator.last_use import LastUse
from perito_orchestrator.store.database import Database

EDGE = "edge"
ANALYSIS_SERVICE = "perito.analysis.v1.AnalysisService"
ACCESS_SERVICE = "perito.analysis.v1.AccessService"
KEY_SERVICE = "perito.analysis.v1.KeyService"
AUDIT_SERVICE = "perito.analysis.v1.AuditService"
SESSION_SERVICE = "perito.analysis.v1.SessionService"
REVIEW_SERVICE = "perito.analysis.v1.ReviewService"
WEBHOOK_SERVICE = "perito.analysis.v1.WebhookService"
CATALOGUE_SERVICE = "perito.analysis.v1.CatalogueService"
RULE_SERVICE = "perito.analysis.v1.RuleService"

SCOPES = {
    "CreateDataset": "submit",
    "GetDataset": "read",
    "DeleteDataset": "admin",  # as below
    "GetUsage": "read",
    "ProposeMapping": "submit",  # it takes a slot of a phase
    "SubmitAnalysis": "submit",
    "RerunAnalysis": "submit",
    "BatchSubmit": "submit",
    "CancelAnalysis": "submit",
    "DeleteAnalysis": "admin",  # nothing brings it back
    "ListAnalyses": "read",
    "CountAnalyses": "read",
    "GetAnalysis": "read",
    "WatchAnalysis": "read",
    "ListFindings": "read",
}
"""The scope that a key needs for each method of AnalysisService."""

KEY_SCOPES = {
    "CreateKey": "admin",
    "ListKeys": "admin",
    "GetCurrentKey": ANY_SCOPE,
    "RotateKey": "admin",
    "UpdateKey": "admin",
    "RevokeKey": "admin",
}
"""The same for KeyService."""

REVIEW_SCOPES = {
    "SetDisposition": "submit",
    "GetDisposition": "read",
    "ListDispositions": "read",
    "CompareFindings": "read",
}
"""The same for ReviewService."""

CATALOGUE_SCOPES = {"DescribeCatalogue": "read"}
"""The same for CatalogueService."""

RULE_SCOPES = {
    "CreateRule": "rules",
    "ListRules": "read",
    "GetRule": "read",
    "UpdateRule": "rules",
    "DeleteRule": "rules",
    "CheckRule": "rules",  # it takes a slot of a phase
}
"""The same for RuleService."""

AUDIT_SCOPES = {"ListRecords": "admin"}
"""The same for AuditService."""


def orchestrator_callers(system: Database, clients: Collection[str], last_use: LastUse) -> Around:
    """What `build_server` takes. `clients` are the identities of internal clients."""

    async def check(api_key: str) -> KeyBearer:
        bearer = await authenticate(system, api_key)
        last_use.note(bearer)
        return KeyBearer(str(bearer.tenant), bearer.key_id, frozenset(bearer.scopes))

    allowed = {
        ANALYSIS_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=SCOPES),
        ACCESS_SERVICE: Callers(trusted=(EDGE,)),
        KEY_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=KEY_SCOPES),
        AUDIT_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=AUDIT_SCOPES),
        SESSION_SERVICE: Callers(trusted=(EDGE,)),
        REVIEW_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=REVIEW_SCOPES),
        WEBHOOK_SERVICE: Callers(trusted=(EDGE,)),
        CATALOGUE_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=CATALOGUE_SCOPES),
        RULE_SERVICE: Callers(trusted=(EDGE,), with_key=clients, scopes=RULE_SCOPES),
    }
    return callers_around(allowed, key_ring(check))
