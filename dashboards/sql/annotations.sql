-- When a source was not listening: what lies in between is unknown, not zero.
SELECT
    from_at AS time,
    until_at AS timeEnd,
    concat(source, ' was not listening') AS title,
    reason AS text,
    network AS tags
FROM gaps
WHERE until_at >= $from AND from_at <= $to AND $in(network, network)
ORDER BY time
