-- What ClickHouse holds.
SELECT
    table,
    rows,
    bytes,
    formatReadableSize(bytes) AS size,
    parts,
    most_parts,
    if(most_parts >= 300, 'merges cannot follow', 'fine') AS state
FROM store_parts
ORDER BY
    bytes DESC,
    table
LIMIT 20
