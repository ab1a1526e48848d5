"""The desk an operator's command works at: whose orders, in which database, and where to write.

Commands about a tenant's orders take the same four options. Each declares only what is its own and
is handed the desk; `at_desk` adds the options, for it is from a signature that they are read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any, Concatenate

from attrs import frozen

from ordercore import Caller, OrderCore
from ordercore_adapters.cli.finding import operator
from ordercore_adapters.cli.hosting import DEFAULT_DB, Host, open_core, open_host
from ordercore_adapters.cli.options import Db, Json, Providers, Tenant
from ordercore_adapters.cli.output import Output

__all__ = ["Desk", "at_desk"]


@frozen(kw_only=True)
class Desk:
    """What a command is given to work with.

    Attributes:
        tenant: Whose orders.
        db: The database, as the command line names it.
        providers: Folder of the simulated providers, if another than the one beside the database.
        out: Where it writes.
    """

    tenant: str
    db: str
    providers: Path | None
    out: Output

    @property
    def caller(self) -> Caller:
        """Whom the command acts as: an operator of the tenant."""
        return operator(self.tenant)

    def look(self) -> AbstractContextManager[OrderCore]:
        """Open the database only to look, see `ordercore_adapters.cli.hosting.open_core`."""
        return open_core(self.db, providers=self.providers)

    def act(self) -> AbstractContextManager[Host]:
        """Open the database and its world, see `ordercore_adapters.cli.hosting.open_host`."""
        return open_host(self.db, providers=self.providers)


def at_desk(command: Callable[Concatenate[Desk, ...], None]) -> Callable[..., None]:
    """Return the command with the options of a desk after its own, and without the desk."""
    _, *own = signature(command, eval_str=True).parameters.values()
    shared = signature(_desk, eval_str=True).parameters.values()

    @wraps(command)
    def run(**options: Any) -> None:
        mine = {each.name: options.pop(each.name) for each in own}
        command(_desk(**options), **mine)

    # A name for each: one with a default may stand before one without.
    named = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in (*own, *shared)]
    run.__signature__ = Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in named}
    return run


def _desk(
    tenant: Tenant, db: Db = DEFAULT_DB, providers: Providers = None, as_json: Json = False
) -> Desk:
    return Desk(tenant=tenant, db=db, providers=providers, out=Output(as_json=as_json))
