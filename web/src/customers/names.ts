import { phone } from '../format.ts';
import type { CustomerRecord } from './types.ts';

/** What she is called: her name, else how she is known. */
export function calledOf(customer: Pick<CustomerRecord, 'name' | 'identities'> | undefined, nobody: string): string {
  const [first] = customer?.identities ?? [];
  return customer?.name ?? (first === undefined ? nobody : first.kind === 'phone' ? phone(first.value) : first.value);
}

/** Identities that both have to do with, by whichever of them it is said or owned: `phone +86138…`. */
export function sharedBy(one: CustomerRecord, two: CustomerRecord): Set<string> {
  const keys = ({ identities, claims = [] }: CustomerRecord) =>
    new Set([...identities, ...claims].map(({ kind, value }) => `${kind} ${value}`));
  const theirs = keys(two);
  return new Set([...keys(one)].filter((key) => theirs.has(key)));
}
