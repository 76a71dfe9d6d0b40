-- Minutes of some accounts as their facts add up, late ones in and withdrawn ones out, where they are stored
-- otherwise. Only minutes that the fold adds to no more: those a minute and the allowed lateness behind the clock.
${from_facts}
SELECT
    account_id,
    minute,
    groupArrayIf((measure, expected), expected != 0) AS measures,
    min(oldest) AS written
FROM
(
    SELECT
        account_id,
        minute,
        measure,
        sum(from_facts) AS expected,
        sum(stored) AS found,
        min(written) AS oldest
    FROM
    (
${facts_and_minutes}
    )
    WHERE minute >= %(since)s AND minute < %(before)s
    GROUP BY account_id, minute, measure
)
GROUP BY account_id, minute
HAVING countIf(expected != found) > 0 AND written >= %(whole_from)s
ORDER BY account_id, minute
