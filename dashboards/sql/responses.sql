-- How an account answers, over 28 days: one estimate of the view responses.
SELECT
    account,
    toNullable(toFloat64($value)) AS value,
    toNullable(toFloat64($low)) AS low,
    toNullable(toFloat64($high)) AS high,
    $n AS n,
    if(isNull(value), '$silence', '') AS words,
    CAST(NULL, 'Nullable(Float64)') AS before,
    'unknown' AS change,
    network,
    account_id
FROM responses
WHERE $in(network, network) AND $in(account_id, account)
ORDER BY
    account,
    network
