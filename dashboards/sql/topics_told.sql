-- What an account talks about, and what moves people.
SELECT
    account,
    if(on_topic, topic, 'off topic') AS about,
    count() AS posts,
    count() / sum(count()) OVER (PARTITION BY network, account_id) AS share,
    countIf(kind IN ('original', 'quote') AND status_24h = 'ok') AS n,
    if(n = 0, NULL, sumIf(interactions_24h, kind IN ('original', 'quote') AND status_24h = 'ok') / n) AS per_post,
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
