-- One metric over time. A row holds until the next of its account, so the one in force at the beginning of the
-- range is moved there and the last is carried to the clock of its network. Long ranges are thinned to 400
-- points an account: the last row of each span.
WITH
    toUnixTimestamp64Milli($from) AS from_ms,
    greatest(1, intDiv(toUnixTimestamp64Milli($to) - from_ms, 400)) AS span_ms,
    held AS
    (
        SELECT
            network,
            account_id,
            metric,
            any(account) AS account,
            greatest(max(at), $from) AS since,
            argMax((value, low, high, n, status, needed), at) AS estimate
        FROM metrics
        WHERE metric IN ($metrics) AND window = if($window = 'all', '28d', $window)
            AND at <= $to AND at > $from - toIntervalDay(40)
            AND $in(network, network) AND $in(account_id, account)
        GROUP BY
            network,
            account_id,
            metric,
            intDiv(greatest(toUnixTimestamp64Milli(at) - from_ms, -span_ms), span_ms)
    )
SELECT
    time,
    account,
    estimate.1 AS value,
    estimate.2 AS low,
    estimate.3 AS high,
    estimate.4 AS n,
    $words AS words,
    metric,
    network,
    account_id
FROM
(
    SELECT
        since AS time,
        account,
        network,
        account_id,
        metric,
        NULL AS known_since,
        time AS at,
        estimate,
        estimate.5 AS status,
        estimate.6 AS needed
    FROM held
    UNION ALL
    SELECT
        least($to, any(watermark)) AS time,
        argMax(account, since),
        network,
        account_id,
        metric,
        any(account_clocks.known_since) AS known_since,
        time AS at,
        argMax(estimate, since) AS estimate,
        estimate.5 AS status,
        estimate.6 AS needed
    FROM held
    INNER JOIN account_clocks USING (network, account_id)
    GROUP BY
        network,
        account_id,
        metric
    HAVING time > max(since)
)
ORDER BY
    time,
    account
