-- Versions of the brand file that named somebody, without the name.
SELECT * REPLACE
(
    replaceRegexpAll(content, ${brand}, '"\\1":"erased"') AS content
)
FROM
(
    SELECT *
    FROM brands FINAL
    WHERE ${names}
)
