-- The share of posts whose counts are known, of accounts whose counts used to be known (of most posts of 28 days):
-- below it, every rate of interactions rests on a part of the posts.
SELECT
    recent.network AS network,
    recent.account AS account,
    assumeNotNull(recent.value) AS measured_share
FROM metrics_latest AS recent
INNER JOIN metrics_latest AS ever
    ON ever.network = recent.network AND ever.account_id = recent.account_id AND ever.metric = recent.metric
WHERE
    recent.metric = 'measured_share'
    AND recent.window = '7d'
    AND ever.window = '28d'
    AND recent.n >= 10
    AND recent.value IS NOT NULL
    AND ever.value >= 0.5
    AND recent.at >= now64(3) - INTERVAL 7 DAY
ORDER BY
    network,
    account
