-- Partitions whose brand file names somebody on the work list.
SELECT count()
FROM checkpoints FINAL
WHERE ${names}
