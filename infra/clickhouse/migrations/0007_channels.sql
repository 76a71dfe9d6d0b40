-- Whether the brand file lets cross-posts be told: it names a feed, or own accounts in more than one place.

ALTER TABLE account_windows
    ADD COLUMN knows_channels Bool COMMENT 'that brand names a feed, or own accounts in two places' AFTER knows_topics;

ALTER TABLE account_windows_latest
    ADD COLUMN knows_channels Bool COMMENT 'that brand names a feed, or own accounts in two places' AFTER knows_topics;

ALTER TABLE checkpoints
    ADD COLUMN knows_channels Bool COMMENT 'header: that brand names a feed, or own accounts in two places' AFTER knows_topics;
