-- How many followers an account had, each time that its profile told it in time: a gauge, whose last value holds.
-- Gauges are no sums, so they are read from here and not from the minutes.
CREATE OR REPLACE VIEW follower_readings
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    readings Array(Tuple(Int64, Int64)) COMMENT 'when followers were told, in milliseconds since 1970 UTC, and how many; in order',
    first_told_at DateTime64(3, 'UTC') COMMENT 'when they were told first',
    last_told_at DateTime64(3, 'UTC') COMMENT 'when they were told last'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    arraySort(groupArray((toUnixTimestamp64Milli(told.occurred_at), assumeNotNull(told.followers)))) AS readings,
    min(told.occurred_at) AS first_told_at,
    max(told.occurred_at) AS last_told_at
FROM profiles AS told FINAL
WHERE id = account_id AND NOT late AND isNotNull(followers)
GROUP BY
    network,
    account_id
COMMENT 'followers as they were told';
