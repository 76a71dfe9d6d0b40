-- Posts that equal an own post of the 28 days before but for links, mentions and digits; the latest first.
SELECT
    posted_at AS time,
    account,
    text,
    kind,
    interactions_24h AS interactions,
    permalink,
    network,
    account_id
FROM post_facts
WHERE near_duplicate AND posted_at >= $from AND posted_at <= $to
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
ORDER BY
    time DESC,
    text
LIMIT 12
