-- The minutes of some accounts that were recounted, each with the version up to which its facts were known.
SELECT
    account_id,
    toUnixTimestamp64Milli(minute) AS at,
    max(upto) AS known
FROM recounts FINAL
WHERE network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    AND version <= transform(account_id, CAST(%(accounts)s, 'Array(String)'), CAST(%(bounds)s, 'Array(UInt64)'), toUInt64(0))
GROUP BY account_id, at
ORDER BY account_id, at
