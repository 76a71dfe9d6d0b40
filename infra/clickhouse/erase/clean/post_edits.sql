-- Changes of what somebody said, as stubs at the same place in the log; and what others changed, without them.
WITH
    ${thing_list} AS things,
    ${thing_stubs} AS thing_stubs,
    has(things, id) AS said
SELECT * REPLACE
(
    transform(id, things, thing_stubs, id) AS id,
    if(said, '', ${nameless_prose}) AS text,
    if(said, [], arrayMap(link -> ${nameless_link}, links)) AS links
)
FROM
(
    SELECT *
    FROM post_edits FINAL
    WHERE ${names}
)
