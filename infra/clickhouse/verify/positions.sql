-- Where each partition stands: everything at or below its version is in the tables for good.
SELECT
    partition,
    version,
    body
FROM checkpoints FINAL
WHERE kind = 'position'
ORDER BY partition
