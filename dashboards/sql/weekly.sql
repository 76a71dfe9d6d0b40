-- One metric by week, in the time zone of the brand: each week holds its number to its last millisecond but one,
-- and ends with a row without a number in the last, for a week without a row had nothing. The week that goes on has
-- no interval: of its first hours it would be as high as the chart, and all others flat beside it.
SELECT
    time,
    account,
    if(is_over, NULL, week_value) AS value,
    if(is_over OR NOT complete, NULL, week_low) AS low,
    if(is_over OR NOT complete, NULL, week_high) AS high,
    n,
    if(is_over AND isNotNull(week_value), '', $words) AS words,
    metric,
    network,
    account_id
FROM
(
    SELECT
        account,
        value AS week_value,
        low AS week_low,
        high AS week_high,
        complete,
        n,
        status,
        needed,
        metric,
        network,
        account_id,
        if(before_end_ms = 0, greatest(from_at, $from), least(until_at, $to) - toIntervalMillisecond(before_end_ms))
            AS time,
        before_end_ms = 1 AS is_over
    FROM weekly_metrics
    CROSS JOIN (SELECT arrayJoin([0, 2, 1]) AS before_end_ms) AS moments
    WHERE metric IN ($metrics) AND until_at > $from AND from_at <= $to
        AND $in(network, network) AND $in(account_id, account)
)
ORDER BY
    time,
    account
