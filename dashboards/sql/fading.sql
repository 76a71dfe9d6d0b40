-- Contacts that lose their strength: fading (close within 60 days, no contact for 21), or cooling (a contact within
-- 60 days, less than half of its strength left, no contact for 7).
SELECT
    account,
    other_handle AS name,
    if(fading, 'fading', 'cooling') AS state,
    tag,
    silent_days * 86400 AS silent_s,
    strength_peak_60d AS peak,
    strength,
    $address AS address,
    network,
    account_id
FROM relationships
WHERE (fading OR (strength_peak_60d >= 3 AND strength < strength_peak_60d / 2 AND silent_days >= 7))
    AND $in(network, network) AND $in(account_id, account)
ORDER BY
    fading DESC,
    strength_peak_60d DESC,
    name
LIMIT $limit
