-- One metric by week, in the time zone of the brand. A week without a row had nothing, so each ends with a row
-- without a number: what follows is not known until its own row.
SELECT
    time,
    account,
    if(is_end, NULL, week_value) AS value,
    if(is_end, NULL, week_low) AS low,
    if(is_end, NULL, week_high) AS high,
    n,
    if(is_end AND isNotNull(week_value), '', $words) AS words,
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
        n,
        status,
        needed,
        metric,
        network,
        account_id,
        if(is_end, least(until_at, $to), greatest(from_at, $from)) AS time,
        is_end
    FROM weekly_metrics
    ARRAY JOIN [false, true] AS is_end
    WHERE metric IN ($metrics) AND until_at > $from AND from_at <= $to
        AND $in(network, network) AND $in(account_id, account)
)
ORDER BY
    time,
    is_end DESC,
    account
