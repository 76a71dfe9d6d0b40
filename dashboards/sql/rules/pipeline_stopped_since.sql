-- Until when each network that stands still is known.
SELECT
    network,
    toUnixTimestamp64Milli(assumeNotNull(min(watermark))) AS since
FROM pipeline_freshness
WHERE stopped != '' AND isNotNull(watermark)
GROUP BY network
