-- What was withdrawn of somebody's, or the account itself, as stubs at the same place in the log.
WITH
    ${account_list} AS whom,
    ${account_stubs} AS whom_stubs,
    ${thing_list} AS things,
    ${thing_stubs} AS thing_stubs
SELECT * REPLACE
(
    transform(transform(id, things, thing_stubs, id), whom, whom_stubs, transform(id, things, thing_stubs, id)) AS id,
    transform(author, whom, whom_stubs, author) AS author
)
FROM
(
    SELECT *
    FROM deletions FINAL
    WHERE ${names}
)
