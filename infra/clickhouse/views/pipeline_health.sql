-- The latest of each figure that a part of the pipeline tells of itself, the age of what was saved, and how many
-- documents were refused.
CREATE OR REPLACE VIEW pipeline_health
(
    part LowCardinality(String) COMMENT 'ingest, worker, … or the source of a dead letter',
    partition Int32 COMMENT 'partition of the topic; -1: the part as a whole',
    name LowCardinality(String) COMMENT 'name of the figure, with its unit',
    value Float64 COMMENT 'its value, in the unit of its name',
    at DateTime64(3, 'UTC') COMMENT 'when it was so'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    part,
    partition,
    name,
    argMax(stats.value, stats.at) AS value,
    max(stats.at) AS at
FROM pipeline_stats AS stats
WHERE NOT startsWith(stats.name, 'watermark_age_s') -- below as it is now, not as it was told
GROUP BY
    part,
    partition,
    name
UNION ALL
SELECT
    'worker' AS part,
    toInt32(partition) AS partition,
    'position_age_s' AS name,
    dateDiff('second', written_at, now()) AS value,
    written_at AS at
FROM checkpoints FINAL
WHERE kind = 'position'
UNION ALL
SELECT
    'worker' AS part,
    toInt32(partition) AS partition,
    concat('watermark_age_s_', clock.1) AS name,
    (toUnixTimestamp64Milli(now64(3)) - clock.2) / 1000 AS value,
    written_at AS at
FROM checkpoints FINAL
ARRAY JOIN JSONExtractKeysAndValues(body, 'watermarks', 'Int64') AS clock
WHERE kind = 'position'
UNION ALL
SELECT
    source AS part,
    -1 AS partition,
    'dead_letters' AS name,
    count() AS value,
    max(letters.at) AS at
FROM dead_letters AS letters FINAL
GROUP BY source
COMMENT 'how the pipeline is doing';
