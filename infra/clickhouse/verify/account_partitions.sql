-- The partition in which each of some accounts is folded.
SELECT account_id, partition
FROM checkpoints FINAL
WHERE kind = 'header'
    AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
