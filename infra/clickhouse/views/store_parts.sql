-- What ClickHouse holds, by table: many active parts mean that inserts are too small or merges cannot follow.
CREATE OR REPLACE VIEW store_parts
(
    table String COMMENT 'name of the table',
    parts UInt64 COMMENT 'active parts',
    most_parts UInt64 COMMENT 'active parts of its fullest partition; ClickHouse slows inserts down from 1,000',
    rows UInt64 COMMENT 'rows as stored, those that a merge will drop included',
    bytes UInt64 COMMENT 'size on disk, in bytes',
    written_at DateTime('UTC') COMMENT 'when its youngest part was made'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    table,
    sum(parts_of_partition) AS parts,
    max(parts_of_partition) AS most_parts,
    sum(rows_of_partition) AS rows,
    sum(bytes_of_partition) AS bytes,
    max(made_at) AS written_at
FROM
(
    SELECT
        table,
        partition_id,
        count() AS parts_of_partition,
        sum(system.parts.rows) AS rows_of_partition,
        sum(bytes_on_disk) AS bytes_of_partition,
        toTimeZone(max(modification_time), 'UTC') AS made_at
    FROM system.parts
    WHERE active AND database = trim(BOTH '`' FROM '${database}')
    GROUP BY
        table,
        partition_id
)
GROUP BY table
COMMENT 'what ClickHouse holds, by table';
