-- Which networks a live source feeds, partition by partition, how old what we know is, and the part that stopped.
-- What we know is too old after twice the interval of ticks and a grace of three more, 30 seconds at most: 50 seconds
-- where ticks come every ten. The part that stopped is the first of the chain that was silent for two intervals.
CREATE OR REPLACE VIEW pipeline_freshness
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon; networks without a live source are not listed',
    partition String COMMENT 'partition of the topic; empty: none has a watermark yet',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'until when everything is counted; NULL: nothing yet',
    age_s Float64 COMMENT 'age of that watermark in seconds; 1e9: there is none',
    allowed_s Float64 COMMENT 'age from which on it is too old, in seconds',
    stopped LowCardinality(String) COMMENT 'part that stopped: ingest, worker, broker, source or poller; empty: none'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    partition,
    watermark,
    age_s,
    allowed_s,
    multiIf(
        age_s > allowed_s AND ingest_age_s > 2 * ingest_every_s, 'ingest',
        age_s > allowed_s AND worker_age_s > 2 * worker_every_s, 'worker',
        age_s > allowed_s AND ingest_tick_age_s > allowed_s, 'source',
        age_s > allowed_s, 'broker',
        isNotNull(poll_s) AND snapshot_age_s > 2 * poll_s + 30, 'poller',
        ''
    ) AS stopped
FROM
(
    SELECT
        sources.network AS network,
        workers.name AS partition,
        workers.watermark AS watermark,
        if(
            isNull(workers.watermark),
            1e9,
            (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(assumeNotNull(workers.watermark))) / 1000
        ) AS age_s,
        2 * sources.every_s + least(30, 3 * sources.every_s) AS allowed_s,
        sources.every_s AS ingest_every_s,
        (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(sources.at)) / 1000 AS ingest_age_s,
        if(
            isNull(sources.watermark),
            1e9,
            (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(assumeNotNull(sources.watermark))) / 1000
        ) AS ingest_tick_age_s,
        workers.every_s AS worker_every_s,
        (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(workers.at)) / 1000 AS worker_age_s,
        sources.poll_s AS poll_s,
        (
            toUnixTimestamp64Milli(now64(3))
            - toUnixTimestamp64Milli(ifNull(sources.snapshot_at, now64(3)))
        ) / 1000 AS snapshot_age_s
    FROM
    (
        SELECT
            network,
            min(every_s) AS every_s,
            min(poll_s) AS poll_s,
            max(snapshot_at) AS snapshot_at,
            max(watermark) AS watermark,
            max(beats.at) AS at
        FROM heartbeats AS beats FINAL
        WHERE part = 'ingest'
        GROUP BY network
    ) AS sources
    LEFT JOIN
    (
        SELECT
            network,
            name,
            every_s,
            watermark,
            at
        FROM heartbeats FINAL
        WHERE part = 'worker'
    ) AS workers USING (network)
) AS clocks
COMMENT 'how old what we know is, and the part that stopped';
