-- What a source did not listen to is unknown, not zero.
CREATE OR REPLACE VIEW gaps
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    source LowCardinality(String) COMMENT 'source that was not listening',
    from_at DateTime64(3, 'UTC') COMMENT 'from when',
    until_at DateTime64(3, 'UTC') COMMENT 'until when',
    duration_s Float64 COMMENT 'how long, in seconds',
    reason String COMMENT 'why'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    source,
    from_at,
    until_at,
    (toUnixTimestamp64Milli(until_at) - toUnixTimestamp64Milli(from_at)) / 1000 AS duration_s,
    reason
FROM ingest_gaps FINAL
COMMENT 'when a source was not listening';
