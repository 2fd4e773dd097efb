// What the API says of customers.
export type { Consent } from '../../../server/customers/consents.ts';
export type { Customer as CustomerRecord, Note } from '../../../server/customers/customer.ts';
export type { Identity } from '../../../server/customers/identity.ts';
export type { Suggestion } from '../../../server/customers/suggestions.ts';
export type { TimelineEntry } from '../../../server/customers/timeline.ts';

import type { Customer } from '../../../server/customers/customer.ts';
import type { Suggestion } from '../../../server/customers/suggestions.ts';

export interface SuggestionPage {
  suggestions: Suggestion[];
  /** Both of each pair, by the ids that stand there. */
  customers: Record<string, Customer>;
  next?: number;
}

export interface Decision {
  seq: number;
  at: number;
  by?: string;
  what: 'merged' | 'unmerged' | 'dismissed';
  customer: string;
  other: string;
  why?: string;
  /** The two stand by themselves now. */
  undone: boolean;
}

export interface DecisionPage {
  decisions: Decision[];
  customers: Record<string, Customer>;
  next?: number;
}
