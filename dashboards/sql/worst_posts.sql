-- The own posts, replies left out, that moved fewest people; of equals those that most followers could have seen.
SELECT
    posted_at AS time,
    account,
    text,
    kind,
    topic,
    interactions_24h AS interactions,
    followers,
    permalink
FROM post_facts
WHERE posted_at >= $from AND posted_at <= $to AND status_24h = 'ok' AND kind IN ('original', 'quote')
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
ORDER BY
    interactions,
    followers DESC NULLS LAST,
    time DESC
LIMIT 8
