"""What somebody changes in the books of a shop, and the words of the check that objects."""

from __future__ import annotations

from tests.kill.tampered import Tampered

__all__ = ["TAMPERED_GOODS"]

_SOLD = "(SELECT id FROM orders WHERE state = 'completed' ORDER BY id LIMIT 1)"
_AGAIN = "key || '-again'"

TAMPERED_GOODS: tuple[Tampered, ...] = (
    Tampered("orders", "UPDATE orders SET state = 'shipped'", "has not settled"),
    Tampered(
        "orders",
        "UPDATE orders SET body = json_set(body, '$.sale.reserved', json('true')) "
        f"WHERE id = {_SOLD}",
        "and its goods are reserved",
    ),
    Tampered(
        "orders",
        f"INSERT INTO sealed_credentials VALUES ('north', {_SOLD}, 'token', '', '', '', '')",
        "a token was kept",
    ),
    Tampered("orders", "UPDATE sagas SET status = 'running'", "still running"),
    Tampered("gateway", "DELETE FROM captures", "is with the ledger and not with the provider"),
    Tampered(
        "gateway",
        f"INSERT INTO captures SELECT tenant, {_AGAIN}, authorisation_key, reference || '-again', "
        "order_id, amount_minor, currency, arrived_at FROM captures LIMIT 1",
        "is with the provider and not with the ledger",
    ),
    Tampered(
        "gateway",
        f"INSERT INTO captures SELECT tenant, {_AGAIN}, authorisation_key, reference || '-again', "
        "order_id, amount_minor, currency, arrived_at FROM captures LIMIT 1",
        "was kept",
    ),
    Tampered("gateway", "DELETE FROM refunds", "refunds: "),
    Tampered(
        "gateway",
        "UPDATE authorisations SET status = 'granted', amount_minor = amount_minor + 1",
        "money is still held",
    ),
    Tampered("gateway", "UPDATE authorisations SET status = 'waiting'", "money is still held"),
    Tampered(
        "orders", "UPDATE stock SET on_hand = on_hand + 1", "is with levels and not with movements"
    ),
    Tampered("orders", "DELETE FROM stock_movements WHERE seq = 1", "the ledger has gaps"),
    Tampered(
        "orders",
        "UPDATE stock_movements SET order_id = 'another' WHERE kind = 'reserve'",
        "the order says",
    ),
    Tampered(
        "orders",
        "UPDATE orders SET state = 'cancelled' WHERE state = 'completed'",
        "and should be",
    ),
    Tampered(
        "warehouse", "UPDATE picks SET back_at = NULL", "is with the warehouse and not with orders"
    ),
    Tampered("warehouse", "DELETE FROM picks", "is with orders and not with the warehouse"),
    Tampered(
        "carrier",
        f"INSERT INTO labels SELECT tenant, {_AGAIN}, order_id, shipment, tracking, due_at, "
        "void_at FROM labels",
        "labels: ",
    ),
    Tampered("carrier", "DELETE FROM hand_overs", "parcels: "),
    Tampered(
        "carrier",
        f"INSERT INTO hand_overs SELECT tenant, {_AGAIN}, order_id, label_key, tracking, due_at "
        "FROM hand_overs LIMIT 1",
        "parcels: ",
    ),
    Tampered("letters", "DELETE FROM letters WHERE kind = 'shipped'", "nobody wrote: shipped"),
    Tampered(
        "letters",
        f"INSERT INTO letters SELECT tenant, {_AGAIN}, order_id, kind, recipient, enclosures, at "
        "FROM letters WHERE kind = 'confirmed'",
        "was written to 2 times: confirmed",
    ),
    Tampered("orders", "UPDATE number_series SET taken = taken + 1", "papers have"),
    Tampered(
        "orders",
        f"UPDATE orders SET body = json_set(body, '$.sale.invoice', NULL) WHERE id = {_SOLD}",
        "without an invoice",
    ),
    Tampered(
        "orders",
        "UPDATE orders SET body = json_set(body, '$.sale.credit_notes', json('[]')) "
        "WHERE state = 'returned'",
        "was credited 0 times",
    ),
    Tampered(
        "orders", "UPDATE orders SET body = json_set(body, '$.customer', 'x')", "the trail says"
    ),
    Tampered("orders", "UPDATE outbox SET published_at = NULL", "never published"),
    Tampered("orders", "DELETE FROM audit_records WHERE seq = 2", "records up to"),
    Tampered(
        "orders", "UPDATE audit_records SET actor = 'nobody' WHERE seq = 2", "breaks at record 2"
    ),
)
