-- Figures of the pipeline over time, the largest of all parts and partitions; long times are thinned: those from the
-- first figure of the range on.
WITH
    (
        SELECT min(at)
        FROM pipeline_history
        WHERE $which AND at >= $from AND at <= $to
    ) AS first_at,
    greatest(60, intDiv(dateDiff('second', ifNull(first_at, $from), $to), 300)) AS span_s
SELECT
    greatest(toDateTime64(toStartOfInterval(at, toIntervalSecond(span_s)), 3, 'UTC'), $from) AS time,
    $label AS label,
    $value AS value
FROM pipeline_history
$split
WHERE $which AND at >= $from AND at <= $to
GROUP BY
    time,
    label
HAVING isNotNull(value)
ORDER BY
    time,
    label
