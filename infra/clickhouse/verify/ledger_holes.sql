-- Runs of offsets that the ledger of a partition lacks between two that it has.
SELECT
    epoch,
    assumeNotNull(before) + 1 AS first,
    offset - 1 AS last
FROM
(
    SELECT
        epoch,
        offset,
        lagInFrame(toNullable(offset)) OVER
        (
            PARTITION BY epoch
            ORDER BY offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS before
    FROM ${ledger_lines}
)
WHERE before IS NOT NULL AND offset != before + 1
ORDER BY epoch, first
