-- How many relationships go both ways, of all that there are.
SELECT
    account,
    toNullable(toFloat64(countIf(active_reciprocal))) AS value,
    CAST(NULL, 'Nullable(Float64)') AS low,
    CAST(NULL, 'Nullable(Float64)') AS high,
    count() AS n,
    '' AS words,
    CAST(NULL, 'Nullable(Float64)') AS before,
    'unknown' AS change,
    network,
    account_id
FROM relationships
WHERE $in(network, network) AND $in(account_id, account)
GROUP BY
    network,
    account_id,
    account
ORDER BY
    account,
    network
