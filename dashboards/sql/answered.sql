-- The share of headline posts that somebody answered.
SELECT
    account,
    answered_share AS value,
    answered_low AS low,
    answered_high AS high,
    asked_posts AS n,
    $words AS words,
    network,
    account_id
FROM
(
    SELECT
        account,
        answered_share,
        answered_low,
        answered_high,
        asked_posts,
        answered_status AS status,
        CAST(NULL, 'Nullable(Int64)') AS needed,
        network,
        account_id
    FROM conversation_depth
    WHERE $in(network, network) AND $in(account_id, account)
)
ORDER BY
    value DESC NULLS LAST,
    account
LIMIT 50
