-- What each week consisted of, in the time zone of the brand; the account with most posts first.
WITH
    (
        SELECT any(time_zone)
        FROM
        (
            SELECT time_zone
            FROM brand_versions
            ORDER BY last_at DESC
            LIMIT 1
        )
    ) AS zone_of_brand,
    if(ifNull(zone_of_brand, '') = '', 'UTC', assumeNotNull(zone_of_brand)) AS zone
SELECT
    toDateTime64(toStartOfWeek(posted_at, 1, zone), 3, zone) AS time,
    max(account) AS account,
    kind AS part,
    toFloat64(count()) AS value,
    count() AS n,
    '' AS words,
    network,
    account_id
FROM post_facts
WHERE posted_at >= toDateTime64(toStartOfWeek($from, 1, zone), 3, zone) AND posted_at <= $to
    AND $in(network, network) AND $in(account_id, account) AND $in(topic, topic)
GROUP BY
    network,
    account_id,
    time,
    part
ORDER BY
    sum(n) OVER (PARTITION BY network, account_id) DESC,
    network,
    account_id,
    time
