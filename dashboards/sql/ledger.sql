-- The ledger: with whom, how strong, who has acted last, and who is expected to.
SELECT
    account,
    other_handle AS name,
    tag,
    ['loose', 'mutual', 'contact', 'close'][tier + 1] AS level,
    strength,
    replies_out + mentions_out + quotes_out AS given,
    replies_in + mentions_in + quotes_in AS received,
    if(ifNull(last_in_at > last_out_at, isNotNull(last_in_at)), 'your turn', 'theirs') AS turn,
    if(began = 'account', 'you', 'they') AS began_by,
    silent_days * 86400 AS silent_s,
    $address AS address,
    network,
    account_id
FROM relationships
WHERE strength > 0 AND $in(network, network) AND $in(account_id, account)
ORDER BY
    strength DESC,
    name
LIMIT 25
