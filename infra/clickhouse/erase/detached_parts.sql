-- Parts that were set aside: whatever they hold, no query sees it.
SELECT count()
FROM system.detached_parts
WHERE database = currentDatabase()
