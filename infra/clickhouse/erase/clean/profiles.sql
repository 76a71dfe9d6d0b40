-- What an account said of itself, as stubs at the same place in the log; and what others say there, without it.
WITH
    ${account_list} AS whom,
    ${account_stubs} AS whom_stubs,
    has(whom, id) AS said
SELECT * REPLACE
(
    transform(id, whom, whom_stubs, id) AS id,
    if(said, '', handle) AS handle,
    if(said, '', name) AS name,
    if(said, '', ${nameless_bio}) AS bio,
    if(said, '', ${nameless_url}) AS url,
    if(said, NULL, followers) AS followers,
    if(said, NULL, following) AS following,
    if(said, NULL, posts) AS posts,
    if(said, NULL, listed) AS listed,
    if(said, NULL, created_at) AS created_at
)
FROM
(
    SELECT *
    FROM profiles FINAL
    WHERE ${names}
)
