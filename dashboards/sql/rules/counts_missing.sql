-- The share of posts whose counts are known, of accounts whose counts used to be known (of most posts of 28 days):
-- below it, every rate of interactions rests on a part of the posts.
SELECT
    network,
    told_account AS account,
    assumeNotNull(recent) AS measured_share
FROM
(
    SELECT
        network,
        account_id,
        any(account) AS told_account,
        anyIf(value, window = '7d' AND n >= 10 AND at >= now64(3) - INTERVAL 7 DAY) AS recent,
        anyIf(value, window = '28d') AS ever
    FROM metrics_latest
    WHERE metric = 'measured_share' AND window IN ('7d', '28d')
    GROUP BY
        network,
        account_id
)
WHERE recent IS NOT NULL AND ever >= 0.5
ORDER BY
    network,
    account
