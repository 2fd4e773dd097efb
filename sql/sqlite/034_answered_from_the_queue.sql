-- Written contacts that somebody answered straight out of a queue, without an offer: neither failed nor given up.
ALTER TABLE report_queues ADD COLUMN answered_aside INTEGER NOT NULL DEFAULT 0;
