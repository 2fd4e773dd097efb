// A customer as others see her: one person, perhaps made of several rows that turned out to be the same.
import type { CustomerId, Language, Millis, Scope } from '../../values/index.ts';
import type { Identity } from './identity.ts';

export interface Tag {
  tag: string;
  since: Millis;
  until?: Millis | undefined;
  by: string;
}

export interface Note {
  id: string;
  at: Millis;
  by: string;
  text: string;
}

/** Into whom a customer was merged, and on what ground: a kind of identity, or `by-hand`. */
export interface Merge {
  into: CustomerId;
  at: Millis;
  by: string;
  why: string;
}

export interface Customer extends Scope {
  id: CustomerId;
  name?: string | undefined;
  language?: Language | undefined;
  createdAt: Millis;
  updatedAt: Millis;
  identities: Identity[];
  /** What she only says is hers. Absent where there is none. */
  claims?: Identity[] | undefined;
  /** Those that hold now. */
  tags: Tag[];
  /** The customers who turned out to be her; their ids are other names of hers. Absent where there is none. */
  parts?: ({ id: CustomerId; name?: string | undefined; identities: Identity[] } & Merge)[] | undefined;
}

/** One row with what hangs on it. Taken apart again, this is what she is. */
export interface Part extends Scope {
  id: CustomerId;
  name?: string | undefined;
  language?: Language | undefined;
  createdAt: Millis;
  updatedAt: Millis;
  merged?: Merge | undefined;
  identities: Identity[];
  claims: Identity[];
  tags: Tag[];
}

/**
 * One person of her parts: what the head says of her goes before what the others say; what several have is taken together.
 * @param parts the head first
 */
export function personOf(parts: readonly [Part, ...Part[]]): Customer {
  const [head, ...others] = parts;
  const { id, site, team, identities, claims, tags } = head;
  if (others.length === 0) {
    const { name, language, createdAt, updatedAt } = head;
    const said = claims.length === 0 ? {} : { claims };
    return { id, site, team, name, language, createdAt, updatedAt, identities, ...said, tags };
  }
  const allTags = new Map(tags.map((tag) => [tag.tag, tag]));
  for (const tag of others.flatMap((part) => part.tags)) {
    const same = allTags.get(tag.tag);
    if (!same || (same.until !== undefined && (tag.until ?? Infinity) > same.until)) allTags.set(tag.tag, tag);
  }
  const own = new Set(parts.flatMap((part) => part.identities.map(({ kind, value }) => `${kind} ${value}`)));
  const said = new Map<string, Identity>();
  for (const claim of parts.flatMap((part) => part.claims)) {
    const key = `${claim.kind} ${claim.value}`;
    if (!own.has(key)) said.set(key, claim);
  }
  return {
    id,
    site,
    team,
    name: parts.find(({ name }) => name !== undefined)?.name,
    language: parts.find(({ language }) => language !== undefined)?.language,
    createdAt: Math.min(...parts.map(({ createdAt }) => createdAt)),
    updatedAt: Math.max(...parts.map(({ updatedAt }) => updatedAt)),
    identities: parts.flatMap((part) => part.identities),
    ...(said.size === 0 ? {} : { claims: [...said.values()] }),
    tags: [...allTags.values()].sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0)),
    parts: others.map(({ id: part, name, identities: theirs, merged }) => ({
      id: part,
      name,
      identities: theirs,
      ...(merged ?? { into: id, at: 0, by: '', why: '' }),
    })),
  };
}
