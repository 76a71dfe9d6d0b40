-- What an account talks about, and what moves people.
WITH
    kind IN ('original', 'quote') AND status_24h = 'ok' AS is_counted
SELECT
    account,
    if(on_topic, topic, 'off topic') AS about,
    count() AS posts,
    count() / sum(count()) OVER (PARTITION BY network, account_id) AS share,
    countIf(is_counted) AS n,
    sumIf(toFloat64(ifNull(interactions_24h, 0)), is_counted) AS moved,
    sumIf(toFloat64(ifNull(interactions_24h, 0)) * ifNull(interactions_24h, 0), is_counted) AS moved_sq,
    $mean AS estimate,
    estimate.5 AS status,
    estimate.6 AS needed,
    multiIf(
        isNull(estimate.1), $words,
        isNull(estimate.2) OR isNull(estimate.3), concat($value, ', ', $words),
        concat($value, ' (', $low, ' to ', $high, ')')
    ) AS per_post,
    network,
    account_id
FROM post_facts
WHERE posted_at >= $from AND posted_at <= $to AND kind != 'repost' AND isNotNull(relevance)
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
GROUP BY
    network,
    account_id,
    account,
    about
ORDER BY
    account,
    posts DESC
LIMIT 60
