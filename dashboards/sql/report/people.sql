-- How many people wait for an answer, how many ties there are, and how many of them fade.
SELECT
    (
        SELECT count()
        FROM inbox
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS waiting,
    (
        SELECT countIf(asks)
        FROM inbox
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS waiting_with_question,
    (
        SELECT max(waiting_s)
        FROM inbox
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS longest_s,
    (
        SELECT countIf(tier >= 1)
        FROM relationships
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS ties,
    (
        SELECT countIf(fading)
        FROM relationships
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS fading,
    (
        SELECT count()
        FROM relationships
        WHERE account_id = %(account_id)s AND network = %(network)s
    ) AS others
