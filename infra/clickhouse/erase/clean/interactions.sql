-- What somebody did, and who liked what somebody said, as stubs at the same place in the log.
WITH
    ${account_list} AS whom,
    ${account_stubs} AS whom_stubs,
    ${thing_list} AS things,
    ${thing_stubs} AS thing_stubs
SELECT * REPLACE
(
    transform(id, things, thing_stubs, id) AS id,
    transform(actor, whom, whom_stubs, actor) AS actor,
    transform(post, things, thing_stubs, post) AS post
)
FROM
(
    SELECT *
    FROM interactions FINAL
    WHERE ${names}
)
