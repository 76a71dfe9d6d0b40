-- A little below 12. At 12 itself twelve new parts of unequal sizes are not yet enough to be merged, a large part and
-- those twelve are; ClickHouse then leaves out what is small beside the large one, all but the first: it rewrites
-- the large part at every INSERT.

ALTER TABLE account_windows
    MODIFY SETTING merge_selector_base = 11.9;

ALTER TABLE account_windows_latest
    MODIFY SETTING merge_selector_base = 11.9;

ALTER TABLE checkpoints
    MODIFY SETTING merge_selector_base = 11.9;
