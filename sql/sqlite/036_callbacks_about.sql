-- Whom a callback is about: by the customer, and by the contacts in which it was agreed and last tried. For erasure, which would
-- else read them all.
CREATE INDEX callbacks_by_customer ON callbacks (customer) WHERE customer IS NOT NULL;
CREATE INDEX callbacks_by_origin ON callbacks (data ->> '$.origin');
CREATE INDEX callbacks_by_interaction ON callbacks (data ->> '$.interaction');
