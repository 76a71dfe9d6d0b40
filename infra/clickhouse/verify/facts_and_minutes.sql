-- What facts add to minutes, and what is stored of them: a row for each account, minute and measure of either.
SELECT
    account_id,
    intDiv(toUnixTimestamp64Milli(at), 60000) * 60000 AS minute,
    pair.1 AS measure,
    pair.2 AS from_facts,
    toInt128(0) AS stored,
    toUnixTimestamp(written_at) AS written
FROM added
ARRAY JOIN arrayFilter(pair -> pair.2 != 0 AND has(${measure_names}, pair.1), pairs) AS pair
UNION ALL
SELECT
    account_id,
    minute,
    pair.1 AS measure,
    toInt128(0) AS from_facts,
    pair.2 AS stored,
    if(recounted.oldest = 0, saved_s, least(saved_s, recounted.oldest)) AS written
FROM
(
    SELECT
        account_id,
        toUnixTimestamp64Milli(at) AS minute,
        toUnixTimestamp(written_at) AS saved_s,
        arrayFilter(pair -> pair.2 != 0, ${measure_pairs}) AS pairs
    FROM checkpoints FINAL
    WHERE kind = 'minute' AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
) AS saved
LEFT JOIN recounted ON recounted.whose = saved.account_id AND recounted.which = saved.minute
ARRAY JOIN saved.pairs AS pair
WHERE measure != 'late_events'
