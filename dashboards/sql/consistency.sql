-- How regularly an account is present: one estimate of the view consistency.
SELECT
    account,
    toNullable(toFloat64(estimate.1)) AS value,
    toNullable(toFloat64(estimate.2)) AS low,
    toNullable(toFloat64(estimate.3)) AS high,
    $n AS n,
    multiIf(isNull(value), $words, $unsure, $unsure_words, '') AS words,
    CAST(NULL, 'Nullable(Float64)') AS before,
    'unknown' AS change,
    network,
    account_id
FROM
(
    SELECT
        account,
        network,
        account_id,
        weeks,
        posts,
        status,
        needed,
        $estimate AS estimate
    FROM consistency
    WHERE $in(network, network) AND $in(account_id, account)
)
ORDER BY
    account,
    network
