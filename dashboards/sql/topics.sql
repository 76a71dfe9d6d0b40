-- The topics that the versions of the brand file name.
SELECT DISTINCT JSONExtractString(told, 'name') AS topic
FROM brand_versions
ARRAY JOIN JSONExtractArrayRaw(content, 'topics') AS told
WHERE topic != ''
ORDER BY topic
