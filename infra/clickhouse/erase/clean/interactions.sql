-- What somebody did, as stubs at the same place in the log.
WITH
    ${account_list} AS whom,
    ${account_stubs} AS whom_stubs,
    ${thing_list} AS things,
    ${thing_stubs} AS thing_stubs
SELECT * REPLACE
(
    transform(id, things, thing_stubs, id) AS id,
    transform(actor, whom, whom_stubs, actor) AS actor
)
FROM
(
    SELECT *
    FROM interactions FINAL
    WHERE ${names}
)
