-- Interactions per post by hour of the week, drawn towards the account's mean; the account whose hours differ most first.
SELECT
    account,
    day_of_week,
    hour,
    shrunk AS value,
    n,
    $words AS words,
    network,
    account_id
FROM hour_of_week
WHERE $in(network, network) AND $in(account_id, account)
ORDER BY
    max(shrunk) OVER (PARTITION BY network, account_id) / min(shrunk) OVER (PARTITION BY network, account_id) DESC,
    network,
    account_id,
    hour_of_week
