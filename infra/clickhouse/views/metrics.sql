-- Every metric at every end of a window at which it may have changed: a row holds until the next of its metric and
-- window, so a time series carries it forward, the value at t is that of the last row at or before t. What sums up
-- measures has a row where a measure changed, net_follower_growth where a reading of followers came or went.
CREATE OR REPLACE VIEW metrics
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    metric LowCardinality(String) COMMENT 'name of the metric; rapport metrics list tells them all',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d or 28d',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it; holds until the next row',
    value Nullable(Float64) COMMENT 'the number, in the unit of its metric; NULL: undefined, see status',
    low Nullable(Float64) COMMENT 'lower end of the 95% interval, same unit; NULL: no honest one',
    high Nullable(Float64) COMMENT 'upper end of the 95% interval, same unit; NULL: no honest one',
    n Int64 COMMENT 'posts (for rates a day: events) behind the number',
    status LowCardinality(String) COMMENT 'ok, too_few, unknown_input, not_configured, no_posts or no_data',
    needed Nullable(Int64) COMMENT 'too_few: about how many more posts would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    estimate.1 AS metric,
    window,
    at,
    estimate.2 AS value,
    estimate.3 AS low,
    estimate.4 AS high,
    estimate.5 AS n,
    estimate.6 AS status,
    estimate.7 AS needed
FROM
(
    SELECT
        network,
        account_id,
        window,
        at,
        ${additive_rows} AS estimates
    FROM
    (
        SELECT
            network,
            account_id,
            window,
            window_end AS at,
            known_since,
            window_start,
            window_end,
            knows_promotion,
            knows_topics,
            knows_channels,
            ${is_deaf},
            ${metric_measures}
        FROM
        (
            SELECT
                network,
                account_id,
                window,
                known_since,
                at - toIntervalMillisecond(${window_ms}) AS window_start,
                at AS window_end,
                greatest(window_start, known_since) AS known_from,
                knows_promotion,
                knows_topics,
                knows_channels,
                ${metric_measures}
            FROM account_windows FINAL
        ) AS sums
        ${unheard_joins}
    )
    UNION ALL
    SELECT
        network,
        account_id,
        window,
        at,
        ${gauge_rows} AS estimates
    FROM follower_windows
) AS windows
LEFT JOIN accounts USING (network, account_id)
ARRAY JOIN estimates AS estimate
COMMENT 'every metric of every window, as it changed';
