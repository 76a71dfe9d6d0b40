-- What reading a network has cost, day by day: the source counts it on disk before it reads, and tells it here.

CREATE TABLE spend
(
    source LowCardinality(String) COMMENT 'source that reads',
    day Date COMMENT 'day, UTC',
    micros UInt64 COMMENT 'reserved so far, in millionths of a dollar',
    day_budget UInt64 COMMENT 'what a day may cost, in millionths of a dollar',
    month_budget UInt64 COMMENT 'what a month may cost, in millionths of a dollar',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(micros)
ORDER BY (source, day)
TTL written_at + INTERVAL 400 DAY;
