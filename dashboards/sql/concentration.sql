-- Whether the result rests on a few posts.
SELECT
    account,
    top_1_share AS top_1,
    top_10_percent_share AS top_10,
    mean,
    median,
    interactions_without_best AS without_best,
    interactions,
    n,
    $words AS words,
    network,
    account_id
FROM concentration
WHERE window = if($window = 'all', 'all', '28d') AND $in(network, network) AND $in(account_id, account)
ORDER BY
    top_1 DESC NULLS LAST,
    account
LIMIT 50
