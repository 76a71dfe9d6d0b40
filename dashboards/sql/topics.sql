SELECT DISTINCT topic FROM post_facts WHERE topic != '' ORDER BY topic
