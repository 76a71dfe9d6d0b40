-- Tumbling days in the brand's time zone, from the minutes. A day in which nothing happened has no row; the one
-- that is not over yet is there, with complete = 0 and rates over the part of it that is known.
CREATE OR REPLACE VIEW daily_metrics
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    day Date COMMENT 'the day, in the brand''s time zone',
    from_at DateTime64(3, 'UTC') COMMENT 'when it begins',
    until_at DateTime64(3, 'UTC') COMMENT 'when it ends, itself outside it',
    complete UInt8 COMMENT '1: it is over and everything in it is known; 0: it goes on',
    metric LowCardinality(String) COMMENT 'name of the metric; rapport metrics list tells them all',
    value Nullable(Float64) COMMENT 'the number, in the unit of its metric; NULL: undefined, see status',
    low Nullable(Float64) COMMENT 'lower end of the 95% interval, same unit; NULL: no honest one',
    high Nullable(Float64) COMMENT 'upper end of the 95% interval, same unit; NULL: no honest one',
    n Int64 COMMENT 'posts (for rates a day: events) behind the number',
    status LowCardinality(String) COMMENT 'ok, too_few, unknown_input, not_configured or no_posts',
    needed Nullable(Int64) COMMENT 'too_few: about how many more posts would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS WITH
    (
        SELECT argMax(JSONExtractString(content, 'time_zone'), (occurred_at, version))
        FROM brands
    ) AS brand_zone,
    if(ifNull(brand_zone, '') = '', 'UTC', assumeNotNull(brand_zone)) AS time_zone
SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    day,
    window_start AS from_at,
    ends_at AS until_at,
    watermark >= ends_at AS complete,
    estimate.1 AS metric,
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
        day,
        window_start,
        ends_at,
        watermark,
        ${metrics_rows} AS estimates
    FROM
    (
        SELECT
            network,
            account_id,
            day,
            toDateTime64(day, 3, time_zone) AS window_start,
            toDateTime64(day + 1, 3, time_zone) AS ends_at,
            least(ends_at, greatest(watermark, last_at)) AS window_end,
            known_since,
            watermark,
            knows_promotion,
            knows_topics,
            ${metric_measures}
        FROM
        (
            SELECT
                minutes.network AS network,
                minutes.account_id AS account_id,
                toDate(minutes.minute, time_zone) AS day,
                ${metric_sums}
            FROM account_minutes AS minutes
            GROUP BY
                network,
                account_id,
                day
        ) AS sums
        INNER JOIN account_clocks USING (network, account_id)
    )
) AS periods
LEFT JOIN accounts USING (network, account_id)
ARRAY JOIN estimates AS estimate
COMMENT 'every metric of every day, in the time zone of the brand';
