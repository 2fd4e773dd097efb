-- Who was in a contact beside customer and agent; what an agent may dial; whether she is told of supervisors who listen.
ALTER TABLE interactions ADD COLUMN parties TEXT NOT NULL DEFAULT '[]';  -- [{"party", "as", "kind", "to", "agent", "by", "calledAt", …}]
ALTER TABLE agents ADD COLUMN dial_classes TEXT;                         -- ["internal", "national"]; NULL: all
ALTER TABLE dial_rules ADD COLUMN class TEXT;                            -- NULL: for everybody
ALTER TABLE queues ADD COLUMN tell_monitored INTEGER;
