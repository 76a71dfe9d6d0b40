-- Messages whose documents are not all facts, duplicates, late, dead or control.
SELECT
    epoch,
    offset,
    documents,
    facts + duplicates + late + dead + control + erased AS accounted
FROM ${ledger_lines}
WHERE documents != facts + duplicates + late + dead + control + erased
ORDER BY epoch, offset
