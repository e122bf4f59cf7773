"""What the pages of keys and the audit log say, in Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_keys": "Claves",
    "part_audit": "Auditoría",
    "keys_lead": "Cada programa y cada persona tiene su propia clave, para poder retirarlas por separado. Una clave "
    "revocada se rechaza en todas partes en cinco segundos.",
    "key_made": "Copie esta clave ahora. No se vuelve a mostrar: solo se guarda su resumen.",
    "key_name": "Nombre",
    "key_name_example": "sistema de cajas",
    "key_scopes": "Lo que permite",
    "key_created": "Creada",
    "key_used": "Último uso",
    "key_expires": "Termina",
    "key_do": "Acciones",
    "key_mine": "la suya",
    "key_rotate": "Sustituir",
    "key_revoke": "Revocar",
    "key_revoke_sure": "Revocar para siempre",
    "key_new": "Nueva clave",
    "key_until": "Hasta (vacío: no termina por sí sola)",
    "key_make": "Crear la clave",
    "key_status_active": "vigente",
    "key_status_expired": "caducada",
    "key_status_revoked": "revocada",
    "scope_read": "verlo todo",
    "scope_submit": "subir, empezar y cancelar",
    "scope_rules": "cambiar reglas",
    "scope_metrics": "leer métricas",
    "scope_admin": "claves, auditoría, borrar",
    "audit_lead": "Quién hizo qué, lo más reciente primero. Cada registro contiene el resumen del anterior, así que "
    "ninguno se puede cambiar ni quitar sin que se note.",
    "audit_when": "Cuándo",
    "audit_who": "Quién",
    "audit_subject": "A qué",
    "audit_details": "Detalles",
    "audit_digest": "Resumen",
    "audit_none": "Todavía no hay registros.",
}
