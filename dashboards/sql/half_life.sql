-- How long posts live. Snapshots only tell between which two looks the half was reached: then the middle is shown.
SELECT
    account,
    ifNull(half_life_s, (low_s + high_s) / 2) AS value,
    low_s AS low,
    high_s AS high,
    n,
    $words AS words,
    network,
    account_id
FROM post_half_life
WHERE window = if($window = 'all', 'all', '28d') AND $in(network, network) AND $in(account_id, account)
ORDER BY
    value DESC NULLS LAST,
    account
LIMIT 50
