-- Ends of one window, of some accounts, whose row is not the sum of their minutes, or missing.
--
--   pane p          |--|
--   first end p+S   ...--|            its sums enter
--   last end p+L       |--...---|
--   next end p+L+S        |--...---|  and have left: at these two ends alone a row can change
--
-- Rows are compared by a checksum that is linear in the measures (modulo 2^64), so that it adds up over panes.
WITH
    heads AS
    (
        SELECT
            account_id,
            transform(partition, CAST(%(partitions)s, 'Array(UInt32)'), CAST(%(bounds)s, 'Array(UInt64)'), toUInt64(0)) AS bound,
            toInt64(JSONExtractInt(body, 1)) AS head,
            JSONExtract(body, 5, 'Nullable(Int64)') AS touched
        FROM checkpoints FINAL
        WHERE kind = 'header'
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    ),
    panes AS
    (
        SELECT
            account_id,
            intDiv(toUnixTimestamp64Milli(at), %(step)s) * %(step)s AS pane,
            sum(${checksum}) AS sums,
            min(toUnixTimestamp(written_at)) AS written
        FROM checkpoints FINAL
        WHERE kind = 'minute'
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
        GROUP BY account_id, pane
        HAVING sums != 0
    ),
    settled AS
    (
        SELECT
            account_id,
            toUnixTimestamp64Milli(at) AS ends_at,
            ${checksum} AS row_sums,
            ${place} AS version,
            toUnixTimestamp(written_at) AS written
        FROM account_windows FINAL
        WHERE window = %(window)s
            AND network = %(network)s AND account_id >= %(first)s AND account_id < %(until)s
    ),
    ends AS
    (
        SELECT
            account_id,
            ends_at,
            sum(change) AS changed,
            min(pane_written) AS written,
            max(row_sums) AS row_sums,
            max(row_version) AS row_version,
            max(row_written) AS row_written
        FROM
        (
            SELECT
                account_id,
                pane + %(step)s AS ends_at,
                sums AS change,
                toNullable(written) AS pane_written,
                CAST(NULL, 'Nullable(Int64)') AS row_sums,
                toUInt64(0) AS row_version,
                toUInt32(0) AS row_written
            FROM panes
            UNION ALL
            SELECT account_id, pane + %(length)s + %(step)s, -sums, toNullable(written), NULL, 0, 0
            FROM panes
            UNION ALL
            SELECT account_id, ends_at, 0, NULL, toNullable(row_sums), version, written
            FROM settled
        )
        GROUP BY account_id, ends_at
    ),
    compared AS
    (
        SELECT
            *,
            sum(changed) OVER
            (
                PARTITION BY account_id
                ORDER BY ends_at
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS expected
        FROM ends
    )
SELECT
    compared.account_id AS account_id,
    compared.ends_at AS ends_at,
    compared.row_sums IS NULL AS missing
FROM compared
LEFT JOIN heads ON heads.account_id = compared.account_id
WHERE compared.ends_at >= %(since)s
    AND (heads.touched IS NULL OR compared.ends_at < intDiv(heads.touched, %(step)s) * %(step)s + %(step)s)
    AND if
    (
        compared.row_sums IS NULL,
        compared.changed != 0 AND compared.ends_at <= heads.head AND compared.written >= %(kept_from)s,
        compared.row_sums != compared.expected
            AND compared.row_version <= if(heads.bound = 0, %(lowest)s, heads.bound)
            AND compared.row_written >= %(whole_from)s
    )
ORDER BY account_id, ends_at
