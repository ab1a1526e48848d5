"""Serve the shop on the loopback interface, with its background work in the same process."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import httpx2
import uvicorn
from argon2 import PasswordHasher
from attrs import evolve

from examples.retail_shop.app import make_app
from examples.retail_shop.background import Background
from examples.retail_shop.shop import Shop, open_shop
from ordercore_adapters.simulated import FAULT_FREE, Delivery, FaultPlan

__all__ = ["ACCOUNTS", "serve", "served"]

ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "ana@shop.example": ("Ana Novak", "three blind mice"),
    "ben@shop.example": ("Ben Kos", "hickory dickory dock"),
}
"""Who has an account: name and password by mail address. Everybody may know them."""

_HOST = "127.0.0.1"
_STARTS_WITHIN_S = 20
_LONGEST_DELAY_S = 10


@contextmanager
def _open(
    folder: Path,
    port: int,
    hasher: PasswordHasher | None,
    parcel_takes: timedelta,
    faults: FaultPlan = FAULT_FREE,
) -> Iterator[tuple[Shop, uvicorn.Server, socket.socket]]:
    """Open the shop at an address that is taken at once, so that nobody else can."""
    with closing(socket.create_server((_HOST, port))) as listening:
        base_url = f"http://{_HOST}:{listening.getsockname()[1]}"
        with (
            open_shop(
                folder,
                base_url=base_url,
                accounts=ACCOUNTS,
                hasher=hasher,
                parcel_takes=parcel_takes,
                faults=faults,
            ) as shop,
            httpx2.Client(base_url=base_url, timeout=10) as provider,
        ):

            def deliver(delivery: Delivery) -> None:
                answer = provider.post(
                    "/webhooks/payments", content=delivery.body, headers=dict(delivery.headers)
                )
                answer.raise_for_status()

            config = uvicorn.Config(make_app(shop), log_level="warning", lifespan="off")
            with Background(shop, deliver).running():
                yield shop, uvicorn.Server(config), listening


def serve(folder: Path, *, port: int = 0, seed: int | None = None) -> None:
    """Serve the shop in ``folder`` until somebody presses Ctrl-C.

    Args:
        folder: Where it is kept.
        port: Which port; 0 takes a free one.
        seed: Decides what goes wrong with provider, warehouse and carrier; None: nothing does.
    """
    rough = FAULT_FREE if seed is None else FaultPlan.profile("rough", seed=seed)
    faults = evolve(rough, longest_delay_s=_LONGEST_DELAY_S)  # somebody is watching
    opening = _open(folder, port, None, timedelta(seconds=5), faults)
    # The server closes in peace when it is asked to, and passes the signal on.
    with suppress(KeyboardInterrupt), opening as (shop, server, listening):
        print(f"The shop is open: {shop.base_url}  (Ctrl-C closes it)")
        for email, (_, password) in ACCOUNTS.items():
            print(f"  log in as {email} with the password: {password}")
        server.run(sockets=[listening])


@contextmanager
def served(
    folder: Path,
    *,
    hasher: PasswordHasher | None = None,
    parcel_takes: timedelta = timedelta(0),
) -> Iterator[Shop]:
    """Serve the shop in a thread until the block ends.

    Raises:
        TimeoutError: it did not start.
    """
    with _open(folder, 0, hasher, parcel_takes) as (shop, server, listening):
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            end = monotonic() + _STARTS_WITHIN_S
            while not server.started:
                if not thread.is_alive() or monotonic() > end:
                    raise TimeoutError("the shop did not start")
                sleep(0.02)
            yield shop
        finally:
            server.should_exit = True
            thread.join()
