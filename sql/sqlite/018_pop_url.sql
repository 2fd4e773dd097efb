-- The customer's page in a CRM, opened from the panel.
ALTER TABLE queues ADD COLUMN pop_url TEXT;
ALTER TABLE queues ADD COLUMN pop_by_itself INTEGER;
