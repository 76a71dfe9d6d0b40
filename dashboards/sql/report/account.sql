-- The tracked accounts by the names under which a person may ask for them.
SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    name,
    last_at
FROM accounts
ORDER BY
    account,
    network
