"""The shop as one value: ordercore over a database file, the providers, and what is the shop's own.

Everything is in one folder, which may be copied or thrown away.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from attrs import field, frozen

from examples.retail_shop.address_book import AddressBook
from examples.retail_shop.files import ShopFile, kept_secret
from examples.retail_shop.gateway import ShopGateway
from examples.retail_shop.goods import FIRST_STOCK, RULES
from examples.retail_shop.post import Notices, Post
from examples.retail_shop.purchases import Purchases
from examples.retail_shop.users import FindUser, OpenAccount, user_id
from ordercore import Caller, OrderCore, ReceiveStock, StockLevels
from ordercore.kernel.ids import TenantId
from ordercore.ports import Clock, Ids, Password, Ports, User
from ordercore_adapters import sqlalchemy
from ordercore_adapters.crypto import AesGcmSealer, load_keyring
from ordercore_adapters.memory import MemoryLocks, MemoryRateLimits
from ordercore_adapters.passwords import Argon2Passwords
from ordercore_adapters.simulated import (
    FAULT_FREE,
    FaultPlan,
    SimulatedCarrier,
    SimulatedEvents,
    SimulatedWarehouse,
)
from ordercore_adapters.system import SystemClock
from ordercore_adapters.webhooks import WebhookSigner, WebhookVerifier

__all__ = ["TENANT", "Shop", "open_shop"]

TENANT = TenantId("corner-shop")
"""One shop, one tenant."""


@frozen(kw_only=True)
class Shop:
    """Everything the pages and the background work with.

    Attributes:
        base_url: Where the shop is reached, without a slash at the end.
        session_secret: Signs cookies and tokens.
        verifier: Takes the provider's notices in.
        signer: The provider's half of the same secret.
        parcel_takes: How long the simulated carrier needs.
    """

    core: OrderCore
    clock: Clock
    gateway: ShopGateway
    purchases: Purchases
    addresses: AddressBook
    post: Post
    verifier: WebhookVerifier
    signer: WebhookSigner
    session_secret: str = field(repr=False)
    base_url: str
    parcel_takes: timedelta

    def user(self, user_id: str) -> User | None:
        """Return the account that a cookie or a token names; None when there is none any more."""
        return self.core.handle(FindUser(tenant=TENANT, user_id=user_id))

    def caller(self, user: User, *, key: str | None = None, correlation_id: str = "") -> Caller:
        """Return on whose behalf something is asked."""
        return Caller.of(TENANT, user.id, idempotency_key=key, correlation_id=correlation_id)

    def somebody(self, role: str) -> Caller:
        """Return a caller that is no customer: ``carrier``, ``system`` or ``operator``."""
        return Caller.of(TENANT, f"the {role}", role=role)


@frozen(kw_only=True)
class _Outside:
    """Everybody the shop deals with: simulated, each with books of its own."""

    gateway: ShopGateway
    warehouse: SimulatedWarehouse
    carrier: SimulatedCarrier
    events: SimulatedEvents

    def close(self) -> None:
        """Let go of their files."""
        for each in (self.gateway, self.warehouse, self.carrier, self.events):
            each.close()


@contextmanager
def open_shop(
    folder: Path,
    *,
    base_url: str,
    accounts: Mapping[str, tuple[str, str]],
    clock: Clock | None = None,
    ids: Ids | None = None,
    hasher: PasswordHasher | None = None,
    faults: FaultPlan = FAULT_FREE,
    parcel_takes: timedelta = timedelta(seconds=5),
) -> Iterator[Shop]:
    """Open the shop in ``folder``, made when missing, and close it afterwards.

    Args:
        folder: Where everything is kept.
        base_url: Where it is reached.
        accounts: Name and password by mail address; who is to have an account.
        clock: What tells the time; the system's unless given.
        ids: Where ids and chance come from; the system unless given.
        hasher: Hashes passwords; with the library's settings unless given.
        faults: What goes wrong with the others; nothing unless given.
        parcel_takes: How long the simulated carrier needs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock, file = clock or SystemClock(), ShopFile(folder / "shop.sqlite3")
    post = Post(file, folder / "mail", clock)
    addresses = AddressBook(file)
    shared = _webhook_secret(folder)
    with (
        closing(_outside(folder, f"{base_url}/provider/", clock, faults)) as outside,
        OrderCore(_ports(folder, outside, post, addresses, clock, ids, hasher)) as core,
    ):
        shop = Shop(
            core=core,
            clock=clock,
            gateway=outside.gateway,
            purchases=Purchases(file),
            addresses=addresses,
            post=post,
            verifier=WebhookVerifier(shared, clock=clock, tenant=TENANT),
            signer=WebhookSigner(shared),
            session_secret=kept_secret(folder / "session-secret"),
            base_url=base_url,
            parcel_takes=parcel_takes,
        )
        _stock_up(shop)
        _open_accounts(shop, accounts)
        yield shop


def _webhook_secret(folder: Path) -> str:
    """Return what provider and shop share, in the form of Standard Webhooks."""
    return "whsec_" + b64encode(kept_secret(folder / "webhook-secret").encode()).decode()


def _outside(folder: Path, site: str, clock: Clock, faults: FaultPlan) -> _Outside:
    return _Outside(
        gateway=ShopGateway(folder / "gateway.sqlite3", site=site, clock=clock, faults=faults),
        warehouse=SimulatedWarehouse(folder / "warehouse.sqlite3", clock=clock, faults=faults),
        carrier=SimulatedCarrier(folder / "carrier.sqlite3", clock=clock, faults=faults),
        events=SimulatedEvents(folder / "events.sqlite3", clock=clock, faults=faults),
    )


def _ports(
    folder: Path,
    outside: _Outside,
    post: Post,
    addresses: AddressBook,
    clock: Clock,
    ids: Ids | None,
    hasher: PasswordHasher | None,
) -> Ports:
    """Return everything ordercore needs; what a shop has no use for is left out."""
    return sqlalchemy.ports(
        f"sqlite:///{folder / 'orders.sqlite3'}",
        clock=clock,
        ids=ids,
        retail=RULES,
        gateway=outside.gateway,
        payments=outside.gateway,
        warehouse=outside.warehouse,
        carrier=outside.carrier,
        letters=post,
        notifications=Notices(post, clock),
        sealer=AesGcmSealer(load_keyring(path=folder / "data-keys")),
        publisher=outside.events,
        passwords=Argon2Passwords(hasher),
        rate_limits=MemoryRateLimits(),
        locks=MemoryLocks(),
        lookups=addresses,
    )


def _open_accounts(shop: Shop, accounts: Mapping[str, tuple[str, str]]) -> None:
    for email, (name, password) in accounts.items():
        user = User(tenant=TENANT, id=user_id(email), login=email, name=name)
        shop.core.handle(OpenAccount(user=user, password=Password(password)))


def _stock_up(shop: Shop) -> None:
    """Put goods on the shelf that were never there."""
    operator = shop.somebody("operator")
    levels = shop.core.handle(StockLevels(caller=operator, skus=tuple(FIRST_STOCK)))
    known = {level.sku for level in levels}
    for sku, quantity in FIRST_STOCK.items():
        if sku not in known:
            shop.core.handle(ReceiveStock(caller=operator, sku=sku, quantity=quantity))
