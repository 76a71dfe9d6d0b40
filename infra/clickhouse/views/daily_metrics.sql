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
    status LowCardinality(String) COMMENT 'ok, too_few, unknown_input, not_configured, no_posts or no_data',
    needed Nullable(Int64) COMMENT 'too_few: about how many more posts would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS ${daily_rows}
COMMENT 'every metric of every day, in the time zone of the brand';
