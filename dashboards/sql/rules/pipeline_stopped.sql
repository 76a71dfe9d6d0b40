-- Partitions of each live network that stand still, and the part that stopped. A network that only files brought
-- is not here: it is silent by right.
SELECT
    network,
    anyIf(stopped, stopped != '') AS stopped_part,
    toFloat64(countIf(stopped != '')) AS partitions
FROM pipeline_freshness
GROUP BY network
ORDER BY network
