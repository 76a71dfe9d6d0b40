(
    SELECT
        transform(line_epoch, CAST(%(epochs)s, 'Array(UInt8)'), CAST(%(bases)s, 'Array(UInt8)'), line_epoch) AS epoch,
        offset,
        argMin(line_documents, line_epoch) AS documents,
        argMin(line_facts, line_epoch) AS facts,
        argMin(line_duplicates, line_epoch) AS duplicates,
        argMin(line_late, line_epoch) AS late,
        argMin(line_dead, line_epoch) AS dead,
        argMin(line_control, line_epoch) AS control,
        argMin(line_erased, line_epoch) AS erased,
        max(line_written_at) AS written_at
    FROM
    (
        SELECT
            batches.epoch AS line_epoch,
            offset,
            documents AS line_documents,
            facts AS line_facts,
            duplicates AS line_duplicates,
            late AS line_late,
            dead AS line_dead,
            control AS line_control,
            erased AS line_erased,
            batches.written_at AS line_written_at
        FROM batches FINAL
        WHERE partition = %(partition)s
    )
    GROUP BY epoch, offset
)
