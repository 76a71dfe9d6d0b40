-- When an account is present: its headline posts and replies to others of the time range by hour of the week.
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
    if(handle = '', account_id, handle) AS account,
    day_of_week,
    hour,
    toFloat64(n) AS value,
    n,
    '' AS words,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        toDayOfWeek(posted_at, 0, zone) AS day_of_week,
        toHour(posted_at, zone) AS hour,
        count() AS n
    FROM own_posts
    WHERE (is_headline OR is_answer) AND posted_at >= $from AND posted_at <= $to
        AND $in(network, network) AND $in(account_id, account)
    GROUP BY
        network,
        account_id,
        day_of_week,
        hour
) AS told
$named
ORDER BY
    sum(n) OVER (PARTITION BY network, account_id) DESC,
    network,
    account_id,
    day_of_week,
    hour
