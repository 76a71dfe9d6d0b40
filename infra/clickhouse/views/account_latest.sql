-- One row an account and window, one column a metric's value: for tables and for exports. What makes a value
-- believable (interval, n, status) is in metrics_latest.
CREATE OR REPLACE VIEW account_latest
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT 'length of the window: 1h, 24h, 7d, 28d, or all that is known',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the window; all: first event known',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it; all: last event known',
${metric_definitions}
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    window_start AS from_at,
    window_end AS at,
    ${metric_values}
FROM
(
    SELECT
        network,
        account_id,
        window,
        window_start,
        window_end,
        ${value_rows} AS found
    FROM account_sums
) AS sums
LEFT JOIN accounts USING (network, account_id)
COMMENT 'the value of every metric as it stands now, a column each';
