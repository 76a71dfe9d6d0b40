-- One metric of a short window over time, beside what the 28 days before that window let expect. The two share no
-- post, so the level has changed where their intervals do not meet. A row holds until the next of its account. Both
-- windows are read at once, and what was usual stands among the points from when on it is compared with.
WITH
    toUnixTimestamp64Milli($from) AS from_ms,
    greatest(1, intDiv(toUnixTimestamp64Milli($to) - from_ms, 300)) AS span_ms,
    if($window IN ('1h', '24h'), '24h', '7d') AS short,
    toIntervalDay(if(short = '24h', 1, 7)) AS length,
    held AS
    (
        SELECT
            network,
            account_id,
            metric,
            window = '28d' AS is_usual,
            any(account) AS account,
            if(is_usual, max(at) + length, greatest(max(at), $from)) AS since,
            argMax((value, low, high, n, status, needed), at) AS estimate
        FROM metrics
        WHERE metric IN ($metrics) AND window IN (short, '28d') AND at <= $to
            AND (window = '28d' OR at > $from - toIntervalDay(8))
            AND $in(network, network) AND $in(account_id, account)
        GROUP BY
            network,
            account_id,
            metric,
            is_usual,
            if(is_usual, toUnixTimestamp64Milli(at), intDiv(greatest(toUnixTimestamp64Milli(at) - from_ms, -span_ms), span_ms))
    ),
    points AS
    (
        SELECT
            network,
            account_id,
            metric,
            account,
            point.1 AS time,
            point.2 AS is_usual,
            point.3 AS estimate
        FROM
        (
            SELECT
                network,
                account_id,
                metric,
                argMax(account, since) AS account,
                groupArray((since, is_usual, estimate)) AS events,
                arraySort(event -> event.1, arrayFilter(event -> NOT event.2, events)) AS shown,
                least($to, any(watermark)) AS until,
                if(notEmpty(shown) AND until > shown[-1].1, [(until, shown[-1].2, shown[-1].3)], []) AS last_point
            FROM held
            LEFT JOIN account_clocks USING (network, account_id)
            GROUP BY
                network,
                account_id,
                metric
        )
        ARRAY JOIN arrayConcat(events, last_point) AS point
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
        is_usual,
        estimate.1 AS value,
        estimate.2 AS low,
        estimate.3 AS high,
        estimate.4 AS n,
        estimate.5 AS status,
        estimate.6 AS needed,
        anyLastIf((value, low, high), is_usual) OVER (
            PARTITION BY network, account_id, metric
            ORDER BY time, is_usual DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS usual,
        $words AS words
    FROM points
)
WHERE NOT is_usual
ORDER BY
    countIf(level != '') OVER (PARTITION BY network, account_id) DESC,
    network,
    account_id,
    time
