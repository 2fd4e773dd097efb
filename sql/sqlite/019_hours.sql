-- Opening hours as records of their own, which queues and flows name. Hours that stood in a queue become hours of the
-- queue's name. And from when on a queue's figures stand out on the wallboard.
CREATE TABLE hours (
  name      TEXT PRIMARY KEY,
  site      TEXT NOT NULL,
  team      TEXT,
  label     TEXT NOT NULL,   -- {"en": "Office"}
  note      TEXT,
  time_zone TEXT,            -- IANA name; NULL: that of the site
  open      TEXT NOT NULL,   -- [{"days": ["mon"], "from": "09:00", "to": "17:00"}]
  closed_on TEXT,            -- ["2026-10-01"]
  open_on   TEXT             -- [{"date": "2026-10-10", "from": "09:00", "to": "12:00"}]
) STRICT, WITHOUT ROWID;

INSERT INTO hours (name, site, team, label, note, time_zone, open, closed_on, open_on)
SELECT id, site, team, name,
       json_extract(hours, '$.note'), json_extract(hours, '$.timeZone'), json_extract(hours, '$.open'),
       json_extract(hours, '$.closedOn'), json_extract(hours, '$.openOn')
FROM queues WHERE hours IS NOT NULL;

ALTER TABLE queues ADD COLUMN hours_name TEXT;
UPDATE queues SET hours_name = id WHERE hours IS NOT NULL;
ALTER TABLE queues DROP COLUMN hours;
ALTER TABLE queues RENAME COLUMN hours_name TO hours;

ALTER TABLE queues ADD COLUMN thresholds TEXT;  -- {"waiting": {"warn": 5, "alarm": 10}, "longestWaitMs": …, "serviceLevel": …}
