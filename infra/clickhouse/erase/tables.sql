-- All tables of ours, and those that the server may keep of itself: queries hold names too.
SELECT
    database = currentDatabase() AS ours,
    database,
    name,
    ours AND (database, name) IN (SELECT database, table FROM system.columns WHERE columns.name = 'network') AS of_network
FROM system.tables
WHERE endsWith(engine, 'MergeTree')
    AND (database = currentDatabase() OR (database = 'system' AND endsWith(name, '_log')))
    AND name != 'erasing'
ORDER BY ours DESC, name
