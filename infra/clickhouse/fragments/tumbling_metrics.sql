-- Every metric of every ${period}, which is ${days} days of the brand's time zone, from the minutes.
WITH
    (
        SELECT argMax(JSONExtractString(content, 'time_zone'), (occurred_at, version))
        FROM brands
    ) AS brand_zone,
    if(ifNull(brand_zone, '') = '', 'UTC', assumeNotNull(brand_zone)) AS time_zone
SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    ${period},
    window_start AS from_at,
    ends_at AS until_at,
    watermark >= ends_at AS complete,
    estimate.1 AS metric,
    estimate.2 AS value,
    estimate.3 AS low,
    estimate.4 AS high,
    estimate.5 AS n,
    estimate.6 AS status,
    estimate.7 AS needed
FROM
(
    SELECT
        network,
        account_id,
        ${period},
        window_start,
        ends_at,
        watermark,
        ${metrics_rows} AS estimates
    FROM
    (
        SELECT
            network,
            account_id,
            ${period},
            window_start,
            ends_at,
            window_end,
            known_since,
            watermark,
            knows_promotion,
            knows_topics,
            knows_channels,
            ${is_deaf},
            ${metric_measures},
            ${readings}
        FROM
        (
            SELECT
                network,
                account_id,
                ${period},
                '' AS window,
                toDateTime64(${period}, 3, time_zone) AS window_start,
                toDateTime64(${period} + ${days}, 3, time_zone) AS ends_at,
                least(ends_at, greatest(watermark, last_at)) AS window_end,
                known_since,
                greatest(window_start, known_since) AS known_from,
                watermark,
                knows_promotion,
                knows_topics,
                knows_channels,
                ${metric_measures},
                ${readings_of_window}
            FROM
            (
                SELECT
                    minutes.network AS network,
                    minutes.account_id AS account_id,
                    ${period_of_minute} AS ${period},
                    ${metric_sums}
                FROM account_minutes AS minutes
                GROUP BY
                    network,
                    account_id,
                    ${period}
            ) AS sums
            INNER JOIN account_clocks USING (network, account_id)
            LEFT JOIN follower_readings USING (network, account_id)
        ) AS sums
        ${unheard_joins}
    )
) AS periods
LEFT JOIN accounts USING (network, account_id)
ARRAY JOIN estimates AS estimate
