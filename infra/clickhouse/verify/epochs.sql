-- When each epoch began: what is younger than a TTL cannot have been cut by it.
SELECT
    epoch,
    min(toUnixTimestamp(opened_at)) AS opened_at
FROM topics FINAL
GROUP BY epoch
