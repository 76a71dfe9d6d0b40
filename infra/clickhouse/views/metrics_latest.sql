-- What holds now: the last row with anything in it of each window, and `all`, everything known of the account.
CREATE OR REPLACE VIEW metrics_latest
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    metric LowCardinality(String) COMMENT 'name of the metric; rapport metrics list tells them all',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d, 28d, or all that is known',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the window; all: first event known',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it; all: last event known',
    known_since DateTime64(3, 'UTC') COMMENT 'first event known of the account',
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
    window_start AS from_at,
    window_end AS at,
    known_since,
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
        window_start,
        window_end,
        known_since,
        ${metrics_rows} AS estimates
    FROM account_sums
) AS sums
LEFT JOIN accounts USING (network, account_id)
ARRAY JOIN estimates AS estimate
COMMENT 'every metric as it stands now: 1h, 24h, 7d, 28d and all';
