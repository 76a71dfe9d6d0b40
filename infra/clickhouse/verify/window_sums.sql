-- What the minutes of one account say of one window at some ends, and what its rows say: measures that are not 0.
SELECT
    ends_at,
    'minutes' AS what,
    arrayFilter(pair -> pair.2 != 0 AND pair.1 != 'late_events', ${measure_sums}) AS pairs
FROM
(
    SELECT *
    FROM checkpoints FINAL
    WHERE kind = 'minute' AND network = %(network)s AND account_id = %(account)s
)
ARRAY JOIN CAST(%(ends)s, 'Array(Int64)') AS ends_at
WHERE toUnixTimestamp64Milli(at) >= ends_at - %(length)s AND toUnixTimestamp64Milli(at) < ends_at
GROUP BY ends_at
UNION ALL
SELECT
    toUnixTimestamp64Milli(at) AS ends_at,
    'window' AS what,
    arrayFilter(pair -> pair.2 != 0 AND pair.1 != 'late_events', ${measure_pairs}) AS pairs
FROM account_windows FINAL
WHERE network = %(network)s AND account_id = %(account)s AND window = %(window)s
    AND toUnixTimestamp64Milli(at) IN %(ends)s
