-- One metric of a short window over time, beside what the 28 days before that window let expect. The two share no
-- post, so the level has changed where their intervals do not meet. A row holds until the next of its account.
WITH
    toUnixTimestamp64Milli($from) AS from_ms,
    greatest(1, intDiv(toUnixTimestamp64Milli($to) - from_ms, 300)) AS span_ms,
    if($window IN ('1h', '24h'), '24h', '7d') AS short,
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
        WHERE metric IN ($metrics) AND window = short AND at <= $to AND at > $from - toIntervalDay(8)
            AND $in(network, network) AND $in(account_id, account)
        GROUP BY
            network,
            account_id,
            metric,
            intDiv(greatest(toUnixTimestamp64Milli(at) - from_ms, -span_ms), span_ms)
    ),
    points AS
    (
        SELECT
            network,
            account_id,
            metric,
            account,
            since AS time,
            estimate
        FROM held
        UNION ALL
        SELECT
            network,
            account_id,
            metric,
            argMax(account, since) AS account,
            least($to, any(watermark)) AS time,
            argMax(held.estimate, since) AS estimate
        FROM held
        INNER JOIN account_clocks USING (network, account_id)
        GROUP BY
            network,
            account_id,
            metric
        HAVING time > max(since)
    )
SELECT
    time,
    account,
    value,
    low,
    high,
    n,
    words,
    usual.2 AS expected_low,
    usual.3 AS expected_high,
    multiIf(
        isNull(low) OR isNull(high) OR isNull(usual.2) OR isNull(usual.3), '',
        low > usual.3, 'up',
        high < usual.2, 'down',
        ''
    ) AS level,
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
        time,
        time - toIntervalDay(if(short = '24h', 1, 7)) AS before,
        estimate.1 AS value,
        estimate.2 AS low,
        estimate.3 AS high,
        estimate.4 AS n,
        estimate.5 AS status,
        estimate.6 AS needed,
        $words AS words
    FROM points
) AS now
ASOF LEFT JOIN
(
    SELECT
        network,
        account_id,
        at,
        (value, low, high) AS usual
    FROM metrics
    WHERE metric IN ($metrics) AND window = '28d' AND at <= $to AND $in(network, network) AND $in(account_id, account)
) AS earlier ON earlier.network = now.network AND earlier.account_id = now.account_id AND earlier.at <= now.before
ORDER BY
    countIf(level != '') OVER (PARTITION BY network, account_id) DESC,
    network,
    account_id,
    time
