-- When no live source of a network listened, each instant once though gaps overlap. Behind each span stands what
-- came before it, so that the time unheard up to any instant is found by one row: the last that began before it.
CREATE OR REPLACE VIEW unheard
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    from_at DateTime64(3, 'UTC') COMMENT 'from when',
    until_at DateTime64(3, 'UTC') COMMENT 'until when, itself outside it',
    length_ms Int64 COMMENT 'how long, in milliseconds',
    before_ms Int64 COMMENT 'how long all spans before it were, in milliseconds'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    begins_at AS from_at,
    until_at,
    toUnixTimestamp64Milli(until_at) - toUnixTimestamp64Milli(begins_at) AS length_ms,
    sum(length_ms) OVER (
        PARTITION BY network ORDER BY begins_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS before_ms
FROM
(
    SELECT
        network,
        until_at,
        greatest(from_at, max(until_at) OVER (
            PARTITION BY network ORDER BY from_at, until_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS begins_at
    FROM ingest_gaps FINAL
) AS gaps
WHERE until_at > begins_at
COMMENT 'when no source of a network listened';
