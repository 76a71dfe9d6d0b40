-- Partitions of each live network that stand still, and the part that stopped. A network that only files brought
-- is not here: it is silent by right, and where all are so, that is said by a row, so that no row is an alarm.
SELECT
    network,
    anyIf(stopped, stopped != '') AS stopped_part,
    toFloat64(countIf(stopped != '')) AS partitions
FROM pipeline_freshness
GROUP BY network
UNION ALL
SELECT
    'no live source' AS network,
    '' AS stopped_part,
    0. AS partitions
FROM
(
    SELECT count() AS partitions_known
    FROM pipeline_freshness
)
WHERE partitions_known = 0
