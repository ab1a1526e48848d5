"""Everything in one SQL database: SQLite for an embedded host, PostgreSQL for many.

`ports` and `async_ports` give a bundle; the services a host brings itself are passed to them.
Connections belong to the process that made them: after a fork, make a new bundle.
"""

from __future__ import annotations

from ordercore_adapters.sqlalchemy.bundle import async_ports, close, ports
from ordercore_adapters.sqlalchemy.faults import SchemaMismatch, StorageFault, StorageRefused
from ordercore_adapters.sqlalchemy.roles import create_roles
from ordercore_adapters.sqlalchemy.schema import migrate

__all__ = [
    "SchemaMismatch",
    "StorageFault",
    "StorageRefused",
    "async_ports",
    "close",
    "create_roles",
    "migrate",
    "ports",
]
