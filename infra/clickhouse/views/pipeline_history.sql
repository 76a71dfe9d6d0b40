-- Every figure that a part of the pipeline told of itself, over time, beside the one before of the same part.
CREATE OR REPLACE VIEW pipeline_history
(
    part LowCardinality(String) COMMENT 'ingest, worker, …, with the process where the figure is of one',
    partition Int32 COMMENT 'partition of the topic; -1: the part as a whole',
    name LowCardinality(String) COMMENT 'name of the figure, with its unit',
    at DateTime64(3, 'UTC') COMMENT 'when it was so',
    value Float64 COMMENT 'its value, in the unit of its name',
    before_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was told before; NULL: never',
    per_s Nullable(Float64) COMMENT 'growth since then, a second; NULL: told once, or it fell because the process began anew'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    part,
    partition,
    name,
    at,
    value,
    before.1 AS before_at,
    if(
        isNull(before_at) OR value < before.2 OR at = before_at,
        NULL,
        (value - before.2) / (dateDiff('millisecond', before_at, at) / 1000)
    ) AS per_s
FROM
(
    SELECT
        part,
        partition,
        name,
        at,
        value,
        (
            lagInFrame(toNullable(at)) OVER in_order,
            lagInFrame(toNullable(value)) OVER in_order
        ) AS before
    FROM pipeline_stats
    WINDOW in_order AS (
        PARTITION BY part, partition, name ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
COMMENT 'what the pipeline told of itself, over time';
