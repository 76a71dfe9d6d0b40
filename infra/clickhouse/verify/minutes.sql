-- Minutes of some accounts that are not what their facts add up to, measure by measure.
--
--   facts ── what each adds ──▶ +    ┐
--                                    ├─ by account, minute and measure: equal, or listed
--   checkpoints ── minutes ──▶  −    ┘
${from_facts}
SELECT
    account_id,
    minute,
    measure,
    sum(from_facts) AS expected,
    sum(stored) AS found
FROM
(
${facts_and_minutes}
)
WHERE minute >= %(since)s
GROUP BY account_id, minute, measure
HAVING expected != found AND min(written) >= %(whole_from)s
ORDER BY account_id, minute, measure
