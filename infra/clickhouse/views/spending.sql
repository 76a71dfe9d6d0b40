-- What reading costs and may cost, by source: a source counts it on disk before it reads, and tells it the table.
CREATE OR REPLACE VIEW spending
(
    source LowCardinality(String) COMMENT 'source whose reads cost money',
    today_usd Float64 COMMENT 'spent today (UTC), in dollars; what is reserved for reads under way included',
    left_today_usd Float64 COMMENT 'what may still be spent today, in dollars: the less of what day and month leave',
    day_budget_usd Float64 COMMENT 'what a day may cost, in dollars',
    month_usd Float64 COMMENT 'spent this month (UTC), in dollars',
    month_budget_usd Float64 COMMENT 'what a month may cost, in dollars',
    day_at_this_rate_usd Nullable(Float64) COMMENT 'what the day costs if it goes on as since midnight, in dollars; NULL: first 5 minutes',
    told_at DateTime('UTC') COMMENT 'when it was told last'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    source,
    today / 1e6 AS today_usd,
    greatest(0, least(day_budget - today, month_budget - month)) / 1e6 AS left_today_usd,
    day_budget / 1e6 AS day_budget_usd,
    month / 1e6 AS month_usd,
    month_budget / 1e6 AS month_budget_usd,
    if(since_midnight_s < 300, NULL, today_usd * 86400 / since_midnight_s) AS day_at_this_rate_usd,
    told_at
FROM
(
    SELECT
        source,
        toInt64(sumIf(micros, day = toDate(now('UTC')))) AS today,
        toInt64(sumIf(micros, toStartOfMonth(day) = toStartOfMonth(toDate(now('UTC'))))) AS month,
        toInt64(argMax(day_budget, day)) AS day_budget,
        toInt64(argMax(month_budget, day)) AS month_budget,
        max(written_at) AS told_at,
        toUnixTimestamp(now()) % 86400 AS since_midnight_s
    FROM spend FINAL
    WHERE day >= toDate(now('UTC')) - 40
    GROUP BY source
) AS sums
COMMENT 'what reading costs, against its budget';
