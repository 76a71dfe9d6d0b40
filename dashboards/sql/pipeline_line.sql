-- Figures of the pipeline over time, the largest of all parts and partitions; long ranges are thinned.
SELECT
    toStartOfInterval(at, toIntervalSecond(greatest(60, intDiv(dateDiff('second', $from, $to), 300)))) AS time,
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
