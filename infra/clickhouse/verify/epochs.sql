-- The epochs of the log. A replay folds the same topic again: its epochs are of one kind, named by the first of
-- them. And when each kind began: what is younger than a TTL cannot have been cut by it.
SELECT
    epoch,
    min(epoch) OVER (PARTITION BY topic, topic_id) AS base,
    min(toUnixTimestamp(opened_at)) OVER (PARTITION BY topic, topic_id) AS begun_at
FROM topics FINAL
