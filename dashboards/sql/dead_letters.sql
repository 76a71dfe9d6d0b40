-- Why documents were refused.
SELECT
    reason,
    source,
    documents,
    last_at AS at,
    place
FROM dead_letter_reasons
WHERE last_at >= $from
ORDER BY
    documents DESC,
    reason
LIMIT 20
