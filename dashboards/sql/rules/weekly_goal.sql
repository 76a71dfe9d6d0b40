-- How many new contacts are missing for the weekly goal, told from Thursday on, in the brand's time zone, of
-- accounts that were there within the last 28 days. Without a goal in the brand file it is 1.
WITH
    now64(3) AS instant,
    (
        SELECT argMax(content, last_at)
        FROM brand_versions
    ) AS brand,
    if(JSONExtractString(ifNull(brand, ''), 'time_zone') = '', 'UTC', JSONExtractString(ifNull(brand, ''), 'time_zone'))
        AS time_zone,
    if(JSONHas(ifNull(brand, ''), 'goals', 'new_contacts_per_week'),
        JSONExtractInt(ifNull(brand, ''), 'goals', 'new_contacts_per_week'), 1) AS goal,
    toTimeZone(instant, time_zone) AS local
SELECT
    present.network AS network,
    present.account AS account,
    if(toDayOfWeek(local) >= 4, toFloat64(greatest(goal - toInt64(met.contacts), 0)), 0.) AS contacts_missing
FROM
(
    SELECT
        network,
        account_id,
        if(handle = '', account_id, handle) AS account
    FROM accounts
    WHERE last_at >= instant - INTERVAL 28 DAY
) AS present
LEFT JOIN
(
    SELECT
        network,
        account_id,
        countIf(week = toStartOfWeek(local, 1)) AS contacts
    FROM new_contacts
    WHERE toDayOfWeek(local) >= 4
        AND (network, account_id) IN (
            SELECT network, account_id FROM account_clocks WHERE last_at >= instant - INTERVAL 28 DAY
        )
    GROUP BY
        network,
        account_id
) AS met ON met.network = present.network AND met.account_id = present.account_id
ORDER BY
    network,
    account
