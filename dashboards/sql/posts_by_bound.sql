-- Own headline posts by how they did against what is usual for their account in this time range: interactions after a
-- day, divided by the mean of all. Few interactions say little, so best are those whose lower bound is
-- highest, worst those whose upper bound is lowest.
SELECT
    time,
    account,
    text,
    kind,
    topic,
    interactions,
    concat(toString(round(times.1, 1)), ' × usual, ', toString(round(times.2, 1)), ' to ', toString(round(times.3, 1)))
        AS shown,
    permalink,
    network,
    account_id
FROM
(
    SELECT
        posted_at AS time,
        account,
        text,
        kind,
        topic,
        interactions,
        near_duplicate,
        permalink,
        network,
        account_id,
        $times AS times
    FROM
    (
        SELECT
            posted_at,
            account,
            text,
            kind,
            topic,
            near_duplicate,
            assumeNotNull(interactions_24h) AS interactions,
            permalink,
            network,
            account_id,
            avg(interactions) OVER (PARTITION BY network, account_id) AS usual
        FROM post_facts
        WHERE posted_at >= $from AND posted_at <= $to AND status_24h = 'ok' AND kind IN ('original', 'quote')
            AND $in(network, network) AND $in(account_id, account)
    )
    WHERE $in(topic, topic)
)
WHERE $kept
ORDER BY
    $order,
    time DESC
LIMIT $limit
