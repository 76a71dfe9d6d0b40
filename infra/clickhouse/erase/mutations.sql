-- Tables of which parts still wait to be rewritten.
SELECT DISTINCT table
FROM system.mutations
WHERE database = currentDatabase() AND NOT is_done AND NOT is_killed
ORDER BY table
