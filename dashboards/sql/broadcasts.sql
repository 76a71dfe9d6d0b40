-- Headline posts with a link that speak to nobody, and that moved fewest of those who follow.
SELECT
    posted_at AS time,
    account,
    text,
    if(promotional, 'own offer', 'elsewhere') AS leads,
    interactions_24h AS interactions,
    followers,
    permalink,
    network,
    account_id
FROM post_facts
WHERE has_link AND kind IN ('original', 'quote') AND status_24h = 'ok'
    AND posted_at >= $from AND posted_at <= $to
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
ORDER BY
    interactions / greatest(ifNull(followers, 1), 1),
    interactions,
    time DESC
LIMIT 12
