-- When a source was not listening in the time range.
SELECT
    source,
    network,
    from_at AS time,
    until_at AS until,
    duration_s,
    reason
FROM gaps
WHERE until_at >= $from AND from_at <= $to AND $in(network, network)
ORDER BY
    time DESC,
    source
LIMIT 20
