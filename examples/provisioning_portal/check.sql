-- What must hold when everything is done, in plain SQL over four books that know nothing of each
-- other: main (the orders), cloud, gateway, broker. Each query returns what breaks its law.

-- law: the value of an order is the sum of its items
SELECT o.tenant, o.reference, o.value_minor, sum(i.price_minor)
FROM orders AS o JOIN order_items AS i ON (i.tenant, i.order_id) = (o.tenant, o.id)
GROUP BY o.tenant, o.id HAVING o.value_minor <> sum(i.price_minor);

-- law: revenue is confirmed less reversed less refunded
SELECT o.tenant, o.reference, o.revenue_minor, l.sum_minor
FROM orders AS o JOIN (
    SELECT tenant, order_id, sum(CASE kind
        WHEN 'confirmed' THEN amount_minor
        WHEN 'reversed' THEN -amount_minor
        WHEN 'refunded' THEN -amount_minor ELSE 0 END) AS sum_minor
    FROM order_ledger GROUP BY tenant, order_id
) AS l ON (l.tenant, l.order_id) = (o.tenant, o.id)
WHERE o.revenue_minor <> l.sum_minor;

-- law: every payment the gateway took is confirmed in exactly one ledger, at its amount
SELECT p.tenant, p.reference, p.amount_minor, count(l.key)
FROM gateway.payments AS p LEFT JOIN order_ledger AS l
    ON l.tenant = p.tenant AND l.key = p.reference AND l.kind = 'confirmed'
    AND l.amount_minor = p.amount_minor AND l.currency = p.currency
GROUP BY p.tenant, p.reference HAVING count(l.key) <> 1;

-- law: every payment confirmed in a ledger was taken by the gateway
SELECT l.tenant, l.reference, l.key FROM order_ledger AS l
WHERE l.kind = 'confirmed' AND NOT EXISTS (
    SELECT 1 FROM gateway.payments AS p
    WHERE p.tenant = l.tenant AND p.reference = l.key AND p.amount_minor = l.amount_minor
);

-- law: every order that is done was paid exactly once, at its value
SELECT o.tenant, o.reference, o.value_minor, count(l.key), sum(l.amount_minor)
FROM orders AS o LEFT JOIN order_ledger AS l
    ON l.tenant = o.tenant AND l.order_id = o.id AND l.kind = 'confirmed'
GROUP BY o.tenant, o.id HAVING count(l.key) <> 1 OR sum(l.amount_minor) <> o.value_minor;

-- law: every refund in the gateway's book has its ledger entry
SELECT r.tenant, r.key, r.amount_minor FROM gateway.refunds AS r
WHERE 1 <> (
    SELECT count(*) FROM order_ledger AS l
    WHERE l.tenant = r.tenant AND l.key = r.key AND l.order_id = r.order_id
    AND l.kind = 'refunded' AND l.amount_minor = r.amount_minor AND l.currency = r.currency
);

-- law: every refund in a ledger was asked for once and is in the gateway's book
SELECT l.tenant, l.reference, l.kind, l.key FROM order_ledger AS l
WHERE l.kind IN ('refund_requested', 'refunded') AND (
    NOT EXISTS (
        SELECT 1 FROM gateway.refunds AS r
        WHERE r.tenant = l.tenant AND r.key = l.key AND r.amount_minor = l.amount_minor
    )
    OR 1 <> (
        SELECT count(*) FROM order_ledger AS same
        WHERE (same.tenant, same.order_id, same.key) = (l.tenant, l.order_id, l.key)
        AND same.kind = l.kind
    )
);

-- law: every item that was taken back is refunded exactly once, at its price
SELECT i.tenant, i.reference, i.item, i.price_minor FROM order_items AS i
WHERE i.state IN ('failed', 'rolled_back') AND i.price_minor <> coalesce((
    SELECT sum(l.amount_minor) FROM order_ledger AS l, json_each(l.items) AS named
    WHERE l.tenant = i.tenant AND l.order_id = i.order_id AND l.kind = 'refunded'
    AND named.value = i.item
), 0);

-- law: no item that is active is refunded
SELECT i.tenant, i.reference, i.item FROM order_items AS i
WHERE i.state = 'active' AND EXISTS (
    SELECT 1 FROM order_ledger AS l, json_each(l.items) AS named
    WHERE l.tenant = i.tenant AND l.order_id = i.order_id AND named.value = i.item
);

-- law: an order that failed gave everything back, and one that is fulfilled kept something
SELECT tenant, reference, state, revenue_minor FROM orders
WHERE (state IN ('failed', 'cancelled')) <> (revenue_minor = 0);

-- law: no resource is orphaned: each that stands belongs to one active item
SELECT r.tenant, r.resource, r.state FROM cloud.resources AS r
WHERE r.state NOT IN ('removed', 'tombstoned', 'failed') AND NOT EXISTS (
    SELECT 1 FROM order_items AS i
    WHERE i.tenant = r.tenant AND i.order_id = r.order_id AND i.item = r.item
    AND i.resource = r.resource AND i.state = 'active' AND r.state = 'live'
);

-- law: every active item has exactly one resource that stands
SELECT i.tenant, i.reference, i.item, i.resource FROM order_items AS i
WHERE i.state = 'active' AND 1 <> (
    SELECT count(*) FROM cloud.resources AS r
    WHERE r.tenant = i.tenant AND r.order_id = i.order_id AND r.item = i.item
    AND r.state = 'live'
);

-- law: sealed credentials rest for active items and for no others
SELECT i.tenant, i.reference, i.item, i.state FROM order_items AS i
WHERE (i.state = 'active') <> EXISTS (
    SELECT 1 FROM sealed_credentials AS c
    WHERE c.tenant = i.tenant AND c.order_id = i.order_id AND c.item = i.item
);

-- law: credentials were mailed once for every fulfilled order and for no other
SELECT o.tenant, o.reference, o.state FROM orders AS o
WHERE (o.state = 'fulfilled') <> (
    SELECT count(*) FROM mail.mails AS m WHERE m.tenant = o.tenant AND m.order_id = o.id
);

-- law: nothing is left to do: no order under way, no work, no saga, no dead letter
SELECT tenant, reference, state FROM orders WHERE state NOT IN ('fulfilled', 'failed', 'cancelled')
UNION ALL SELECT tenant, subject, kind FROM work
UNION ALL SELECT tenant, id, status FROM sagas WHERE status = 'running'
UNION ALL SELECT tenant, id, step FROM dead_letters WHERE status = 'open';

-- law: every event reached the broker, and none that nobody recorded
SELECT e.tenant, e.id FROM outbox AS e LEFT JOIN broker.distinct_events AS d
    ON d.tenant = e.tenant AND d.id = e.id WHERE d.id IS NULL OR e.published_at IS NULL
UNION ALL SELECT d.tenant, d.id FROM broker.distinct_events AS d LEFT JOIN outbox AS e
    ON e.tenant = d.tenant AND e.id = d.id WHERE e.id IS NULL;

-- law: the events of one order arrived in the order in which they happened
SELECT tenant, stream, seq FROM (
    SELECT e.tenant, e.stream, e.seq,
        lag(e.seq) OVER (PARTITION BY e.tenant, e.stream ORDER BY d.position) AS before
    FROM broker.distinct_events AS d JOIN broker.events AS e ON e.position = d.position
) WHERE before >= seq;

-- law: the version of an order is the number of its audit records, without a gap
SELECT o.tenant, o.reference, o.version, count(a.seq), max(a.seq)
FROM orders AS o LEFT JOIN audit_records AS a ON (a.tenant, a.order_id) = (o.tenant, o.id)
GROUP BY o.tenant, o.id HAVING o.version <> count(a.seq) OR o.version <> max(a.seq);

-- law: the state of an order is where its last audited transition led
SELECT o.tenant, o.reference, o.state, a.dest FROM orders AS o JOIN audit_records AS a
    ON (a.tenant, a.order_id) = (o.tenant, o.id)
WHERE a.seq = (
    SELECT max(seq) FROM audit_records AS b
    WHERE (b.tenant, b.order_id) = (o.tenant, o.id) AND b.dest <> ''
) AND a.dest <> o.state;
