"""What somebody changes in the books of services, and the words of the check that objects."""

from __future__ import annotations

from tests.kill.tampered import Tampered

__all__ = ["TAMPERED_SERVICES"]

_ONE_ACTIVE = "(SELECT resource FROM resources WHERE state = 'live' ORDER BY resource LIMIT 1)"
_ONE_ITEM = "(SELECT order_id FROM sealed_credentials ORDER BY order_id LIMIT 1)"

TAMPERED_SERVICES: tuple[Tampered, ...] = (
    Tampered("orders", "UPDATE orders SET state = 'provisioning'", "has not settled"),
    Tampered("orders", "UPDATE sagas SET status = 'running'", "still running"),
    Tampered(
        "orders",
        "INSERT INTO work VALUES ('north', 'saga', 'x', '2026', 1, 0, NULL)",
        "work is left",
    ),
    Tampered("orders", "UPDATE idempotency SET response = NULL", "in flight"),
    Tampered(
        "orders",
        "INSERT INTO dead_letters VALUES "
        "('north', 'x', '', '', '', '', 1, '', '', 1, '', '2026', 'open', '', NULL)",
        "dead letter is open",
    ),
    Tampered(
        "cloud",
        f"UPDATE resources SET state = 'removed' WHERE resource = {_ONE_ACTIVE}",
        "is with active items and not with the cloud",
    ),
    Tampered(
        "cloud",
        "INSERT INTO resources SELECT tenant, key || '-again', order_id, item, "
        "resource || '-again', product_type, request, state, fails, due_at, created_at, removed_at "
        "FROM resources "
        f"WHERE resource = {_ONE_ACTIVE}",
        "is with the cloud and not with active items",
    ),
    Tampered(
        "orders",
        f"DELETE FROM sealed_credentials WHERE order_id = {_ONE_ITEM}",
        "is with active items and not with the vault",
    ),
    Tampered("gateway", "DELETE FROM payments", "is with the ledger and not with the gateway"),
    Tampered("gateway", "DELETE FROM refunds", "is with the ledger and not with the gateway"),
    Tampered(
        "gateway",
        "INSERT INTO refunds SELECT tenant, key || '-again', order_id, payment_reference, "
        "amount_minor, currency, requested_at, paid_at FROM refunds",
        "more was given back than was paid",
    ),
    Tampered(
        "orders",
        """UPDATE orders SET body = replace(body, '"kind":"refunded"', '"kind":"written_off"')""",
        "is with requests and not with the ledger",
    ),
    Tampered(
        "orders",
        """UPDATE orders SET body = replace(body, '"kind":"confirmed"', '"kind":"reversed"')""",
        "is with the gateway and not with the ledger",
    ),
    Tampered(
        "orders",
        """UPDATE orders SET body = replace(body, '"state":"rolled_back"', '"state":"pending"')""",
        "is pending and was refunded 1 times",
    ),
    Tampered(
        "orders",
        "UPDATE orders SET body = json_set(body, '$.ledger[0].amount.amount_minor', 1) "
        "WHERE json_array_length(body, '$.ledger') > 0",
        "too much is kept for it",
    ),
    Tampered("mail", "DELETE FROM mails", "is with deliveries and not with the mailer"),
    Tampered(
        "mail",
        "INSERT INTO mails SELECT tenant, key || '-again', order_id, items, at FROM mails",
        "letters were written",
    ),
    Tampered("notifications", "DELETE FROM notifications", "is with items taken back and not with"),
    Tampered(
        "events", "DELETE FROM events WHERE seq = 1", "is with the outbox and not with the broker"
    ),
    Tampered("events", "UPDATE events SET position = -position", "came after"),
    Tampered("orders", "UPDATE outbox SET published_at = NULL", "never published"),
    Tampered("orders", "DELETE FROM audit_records WHERE seq = 2", "records up to"),
    Tampered("orders", "UPDATE orders SET version = version + 1", "records up to"),
    Tampered(
        "orders", "UPDATE audit_records SET actor = 'nobody' WHERE seq = 2", "breaks at record 2"
    ),
)
