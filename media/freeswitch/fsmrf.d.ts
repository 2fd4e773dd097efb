// drachtio-fsmrf has no types; raw-fsmrf.ts says what we use of it.
declare module 'drachtio-fsmrf';
