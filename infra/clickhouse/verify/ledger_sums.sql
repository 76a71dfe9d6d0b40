-- Messages whose documents are not all facts, duplicates, late, dead or control.
SELECT
    epoch,
    offset,
    documents,
    facts + duplicates + late + dead + control AS accounted
FROM ${ledger_lines}
WHERE documents != facts + duplicates + late + dead + control
ORDER BY epoch, offset
