// What doctor says of one thing.

export interface Finding {
  what: string;
  state: 'ok' | 'warn' | 'bad';
  says: string;
  mend?: string;
}
