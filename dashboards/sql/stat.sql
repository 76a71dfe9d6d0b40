-- What holds now of each account, and what held one window earlier. The two do not share a post, so that
-- intervals which do not meet are a clear change. The formulas of all metrics are planned anew wherever a view of
-- metrics is named, and run on each row that is not left out: so the row that held then is found first, by its end.
WITH
    latest AS
    (
        SELECT
            network,
            account_id,
            account,
            metric,
            known_since,
            at,
            value,
            low,
            high,
            n,
            status,
            needed
        FROM metrics_latest
        WHERE metric IN ($metrics) AND window = $window AND $in(network, network) AND $in(account_id, account)
    ),
    ended AS
    (
        SELECT
            network,
            account_id,
            max(at) AS last_at
        FROM window_ends
        INNER JOIN
        (
            SELECT
                network,
                account_id,
                window_end - toIntervalDay(transform($window, ['1h', '24h', '7d', '28d'], [0, 1, 7, 28], 0))
                    - toIntervalHour(if($window = '1h', 1, 0)) AS until
            FROM account_sums
            WHERE window = $window AND $in(network, network) AND $in(account_id, account)
        ) AS limits USING (network, account_id)
        WHERE window = $window AND at <= until AND $in(network, network) AND $in(account_id, account)
        GROUP BY
            network,
            account_id,
            changed
    ),
    earlier AS
    (
        SELECT
            network,
            account_id,
            metric,
            argMax((value, low, high), at) AS held
        FROM metrics
        WHERE metric IN ($metrics) AND window = $window AND $in(network, network) AND $in(account_id, account)
            AND (network, account_id, at) IN (SELECT network, account_id, last_at FROM ended)
        GROUP BY
            network,
            account_id,
            metric
    )
SELECT
    account,
    value,
    low,
    high,
    n,
    $words AS words,
    held.1 AS before,
    multiIf(
        isNull(value) OR isNull(held.1) OR isNull(low) OR isNull(held.2), 'unknown',
        low > held.3, 'up',
        high < held.2, 'down',
        'same'
    ) AS change,
    at,
    status,
    metric,
    network,
    account_id
FROM latest
LEFT JOIN earlier USING (network, account_id, metric)
ORDER BY
    account,
    network
SETTINGS join_use_nulls = 0
