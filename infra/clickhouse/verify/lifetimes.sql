-- How many days facts, minutes and the ledger are kept.
SELECT toUInt32OrZero(extract(create_table_query, 'toIntervalDay\\((\\d+)\\)')) AS days
FROM system.tables
WHERE database = currentDatabase() AND name = 'posts'
