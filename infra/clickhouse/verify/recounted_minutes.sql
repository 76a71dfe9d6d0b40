-- The minutes of some accounts that were recounted, each with the place up to which its facts were known.
SELECT
    account_id,
    toUnixTimestamp64Milli(minute) AS at,
    max(${place_upto}) AS known
FROM recounts FINAL
WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    AND ${place} <= transform(account_id, CAST(%(accounts)s, 'Array(String)'), CAST(%(bounds)s, 'Array(UInt64)'), toUInt64(0))
GROUP BY account_id, at
ORDER BY account_id, at
