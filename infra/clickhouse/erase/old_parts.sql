-- Parts that were replaced and are still on the disk.
SELECT table, name
FROM system.parts
WHERE database = currentDatabase() AND NOT active
