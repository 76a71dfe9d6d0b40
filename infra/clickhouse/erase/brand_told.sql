-- Partitions whose brand file names somebody.
SELECT count()
FROM checkpoints FINAL
WHERE kind = 'position' AND match(body, %(brand)s)
