-- The own posts that moved people most, of those whose counts after a day are known.
SELECT
    posted_at AS time,
    account,
    text,
    kind,
    topic,
    interactions_24h AS interactions,
    replies_24h AS replies,
    permalink
FROM post_facts
WHERE posted_at >= $from AND posted_at <= $to AND status_24h = 'ok' AND interactions_24h > 0
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
ORDER BY
    interactions DESC,
    time DESC
LIMIT 8
