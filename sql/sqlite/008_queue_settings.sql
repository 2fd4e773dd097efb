-- More of a queue: hours, length, how long who did not take a contact is left out, language as a skill, and what happens
-- where a required disposition is not given. NULL: the default of the record.

ALTER TABLE queues ADD COLUMN hours TEXT;                -- {"open": [{"days": ["mon"], "from": "09:00", "to": "17:00"}], "closedOn": ["2026-10-01"]}
ALTER TABLE queues ADD COLUMN at_close TEXT;             -- 'serve', 'exit'
ALTER TABLE queues ADD COLUMN max_length INTEGER;
ALTER TABLE queues ADD COLUMN exclusion_ms INTEGER;
ALTER TABLE queues ADD COLUMN language_skill INTEGER;
ALTER TABLE queues ADD COLUMN language_skill_ms INTEGER;
ALTER TABLE queues ADD COLUMN disposition_missing TEXT;  -- 'extend', 'not-ready', 'ignore'
ALTER TABLE queues ADD COLUMN wrap_up_limit_ms INTEGER;
