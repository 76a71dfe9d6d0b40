-- The tables whose rows belong to an account.
SELECT table
FROM system.columns
INNER JOIN system.tables ON tables.database = columns.database AND tables.name = columns.table
WHERE columns.database = currentDatabase() AND columns.name = 'account_id' AND endsWith(tables.engine, 'MergeTree')
ORDER BY table
