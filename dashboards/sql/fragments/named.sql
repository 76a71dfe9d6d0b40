-- Who the account is: for queries over views that give its id alone. Asked for the chosen accounts, not for all.
LEFT JOIN
(
    SELECT
        network,
        account_id,
        handle
    FROM accounts
    WHERE $in(network, network) AND $in(account_id, account)
) AS named USING (network, account_id)
