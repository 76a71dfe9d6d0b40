-- The share of posts whose counts are known, of accounts whose counts used to be known (of most posts of 28 days):
-- below it, every rate of interactions rests on a part of the posts. Where there are ten posts, this is the metric
-- measured_share, whose view would plan the formulas of all metrics.
SELECT
    network,
    if(handle = '', account_id, handle) AS account,
    assumeNotNull(recent) AS measured_share
FROM
(
    SELECT
        network,
        account_id,
        anyIf(share, window = '7d' AND posts >= 10 AND window_end >= now64(3) - INTERVAL 7 DAY) AS recent,
        anyIf(share, window = '28d') AS ever
    FROM
    (
        SELECT
            network,
            account_id,
            window,
            window_end,
            $posts AS posts,
            if(posts = 0, NULL, $measured / posts) AS share
        FROM account_sums
        WHERE window IN ('7d', '28d')
    )
    GROUP BY
        network,
        account_id
) AS shares
LEFT JOIN accounts USING (network, account_id)
WHERE recent IS NOT NULL AND ever >= 0.5
ORDER BY
    network,
    account
