-- Each metric of an account as it stands, and as it stood a whole window earlier, so that the two share no post.
SELECT
    metric,
    held.value AS value,
    held.low AS low,
    held.high AS high,
    held.n AS n,
    held.status AS status,
    held.needed AS needed,
    past.estimate.1 AS before,
    past.estimate.2 AS before_low,
    past.estimate.3 AS before_high
FROM metrics_latest AS held
LEFT JOIN
(
    SELECT
        metric,
        argMax((value, low, high), at) AS estimate
    FROM metrics
    WHERE
        account_id = %(account_id)s
        AND network = %(network)s
        AND window = %(window)s
        AND at <=
        (
            SELECT max(at) - toIntervalMillisecond(%(window_ms)s)
            FROM metrics_latest
            WHERE account_id = %(account_id)s AND network = %(network)s AND window = %(window)s
        )
    GROUP BY metric
) AS past USING (metric)
WHERE held.account_id = %(account_id)s AND held.network = %(network)s AND held.window = %(window)s
ORDER BY metric
SETTINGS join_use_nulls = 0
