"""What the pages of keys and the audit log say, in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_keys": "Keys",
    "part_audit": "Audit",
    "keys_lead": "Every program and person has a key of its own, so that each can be ended by itself. A key that is "
    "revoked is refused everywhere within five seconds.",
    "key_made": "Copy this key now. It is not shown again: only its hash is kept.",
    "key_name": "Name",
    "key_name_example": "till system",
    "key_scopes": "What it may do",
    "key_created": "Made",
    "key_used": "Last used",
    "key_expires": "Ends",
    "key_do": "Actions",
    "key_mine": "yours",
    "key_rotate": "Replace",
    "key_revoke": "Revoke",
    "key_revoke_sure": "Revoke for good",
    "key_new": "New key",
    "key_until": "Until (empty: it does not end by itself)",
    "key_make": "Make the key",
    "key_status_active": "works",
    "key_status_expired": "expired",
    "key_status_revoked": "revoked",
    "scope_read": "look at everything",
    "scope_submit": "upload, start and cancel",
    "scope_rules": "change rules",
    "scope_metrics": "read metrics",
    "scope_admin": "keys, audit, deleting",
    "audit_lead": "Who did what, newest first. Each record holds the digest of the one before, so none can be "
    "changed or removed unseen.",
    "audit_when": "When",
    "audit_who": "Who",
    "audit_subject": "To what",
    "audit_details": "Details",
    "audit_digest": "Digest",
    "audit_none": "No record yet.",
}
