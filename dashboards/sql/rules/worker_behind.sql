-- Records that wait in each partition, where they are more than a worker should leave lying, and partitions of
-- which no worker has told how many wait; else 0. Only while a live source feeds a network: an archive has time.
WITH
    (
        SELECT count()
        FROM pipeline_freshness
    ) > 0 AS is_live
SELECT
    partition,
    problem,
    multiIf(problem = '', 0., problem = 'does not say how far it is', 1., records) AS waiting
FROM
(
    SELECT
        partition,
        records,
        multiIf(
            NOT is_live, '',
            told_at < now64(3) - INTERVAL $too_old_s SECOND, 'does not say how far it is',
            records > $limit, 'has more records waiting than the worker takes in',
            ''
        ) AS problem
    FROM
    (
        SELECT
            toString(stats.partition) AS partition,
            value AS records,
            at AS told_at
        FROM pipeline_health AS stats
        WHERE name = 'lag_records'
        UNION ALL
        SELECT
            if(known = 0, 'of any worker', 'of all') AS partition,
            0. AS records,
            if(known = 0, toDateTime64(0, 3, 'UTC'), now64(3)) AS told_at
        FROM
        (
            SELECT countIf(name = 'lag_records') AS known
            FROM pipeline_health
        )
    )
)
ORDER BY partition
