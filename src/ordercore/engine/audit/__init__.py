"""The audit trail: records and the hash chain that holds them together."""

from ordercore.engine.audit.chain import GENESIS, first_broken, link, personal_digest
from ordercore.engine.audit.record import AuditRecord

__all__ = ["AuditRecord", "GENESIS", "first_broken", "link", "personal_digest"]
