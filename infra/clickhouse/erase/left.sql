-- Rows that still name somebody, and rows that merely hold one of their names as a plain word, or elsewhere.
SELECT
    countIf(mine AND match(line, %(named)s)) AS named,
    countIf(match(line, %(worded)s) AND NOT (mine AND match(line, %(named)s))) AS worded
FROM
(
    SELECT
        toString(tuple(*)) AS line,
        ${mine} AS mine
    FROM ${table}
)
