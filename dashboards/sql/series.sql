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
        network,
        account_id,
        metric,
        account,
        point.1 AS time,
        point.2 AS estimate,
        if(point.3, first_at, NULL) AS known_since,
        time AS at,
        estimate.5 AS status,
        estimate.6 AS needed
    FROM
    (
        SELECT
            network,
            account_id,
            metric,
            argMax(account, since) AS account,
            any(account_clocks.known_since) AS first_at,
            arraySort(point -> point.1, groupArray((since, estimate, false))) AS points,
            least($to, any(watermark)) AS until,
            if(until > points[-1].1, [(until, points[-1].2, true)], []) AS last_point
        FROM held
        LEFT JOIN account_clocks USING (network, account_id)
        GROUP BY
            network,
            account_id,
            metric
    )
    ARRAY JOIN arrayConcat(points, last_point) AS point
)
ORDER BY
    time,
    account
