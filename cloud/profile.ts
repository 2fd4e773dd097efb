// A person across the sites of a tenant. Of each field the newest word counts, whatever site it comes from; at the same
// millisecond the site whose name sorts last. Pure.
import type { ProfileChange } from '../uplink/index.ts';
import type { Millis } from '../values/index.ts';

/** The newest word about a field. */
export interface Word {
  value: string | null;
  at: Millis;
  site: string;
}

export interface Tag {
  tag: string;
  since: Millis;
  until: Millis | null;
  removed: Millis | null;
  at: Millis;
  site: string;
}

/** She, as one site knows her. */
export interface Known {
  site: string;
  customer: string;
  hashes: Set<string>;
}

export interface Profile {
  id: string;
  createdAt: Millis;
  name?: Word | undefined;
  language?: Word | undefined;
  tags: Map<string, Tag>;
  customers: Map<string, Known>;
}

/** Of what other sites are told (uplink/protocol.ts). */
const most = { hashes: 100, tags: 500 };

export function newProfile(id: string, createdAt: Millis): Profile {
  return { id, createdAt, tags: new Map(), customers: new Map() };
}

export function keyOf(site: string, customer: string): string {
  return `${site}\0${customer}`;
}

export function hashesOf({ customers }: Profile): string[] {
  return [...new Set([...customers.values()].flatMap(({ hashes }) => [...hashes]))];
}

/** Whether `one` counts where `other` was said before. */
function counts(one: { at: Millis; site: string }, other: { at: Millis; site: string } | undefined): boolean {
  return other === undefined || one.at > other.at || (one.at === other.at && one.site >= other.site);
}

export function say(profile: Profile, field: 'name' | 'language', word: Word): void {
  if (counts(word, profile[field])) profile[field] = word;
}

export function sayTag(profile: Profile, tag: Tag): void {
  if (counts(tag, profile.tags.get(tag.tag))) profile.tags.set(tag.tag, tag);
}

/** They are the same person: all of `younger` goes into `older`. */
export function join(older: Profile, younger: Profile): void {
  for (const [key, known] of younger.customers) older.customers.set(key, known);
  for (const tag of younger.tags.values()) sayTag(older, tag);
  for (const field of ['name', 'language'] as const) if (younger[field]) say(older, field, younger[field]);
}

/**
 * Who hangs together with a customer: by identities that both have, and, where `merged`, by being of one site (a site's customers
 * come together only because that site said so). @param without is left out, and with it whoever hangs on it alone
 */
export function around(profile: Profile, key: string, how: { merged: boolean; without?: string }): Set<string> {
  const found = new Set([key]);
  for (const one of found) {
    const known = profile.customers.get(one);
    if (!known) continue;
    for (const [other, { site, hashes }] of profile.customers) {
      if (found.has(other) || other === how.without) continue;
      if ((how.merged && site === known.site) || [...hashes].some((hash) => known.hashes.has(hash))) found.add(other);
    }
  }
  return found;
}

/** These are somebody else. What was said of both by name or tag stays with the first. */
export function partOff(profile: Profile, keys: ReadonlySet<string>, other: Profile): void {
  for (const key of keys) {
    const known = profile.customers.get(key);
    if (!known) continue;
    profile.customers.delete(key);
    other.customers.set(key, known);
  }
}

/** All that a site said of her goes. */
export function forget(profile: Profile, site: string): void {
  for (const [name, tag] of profile.tags) if (tag.site === site) profile.tags.delete(name);
  for (const field of ['name', 'language'] as const) if (profile[field]?.site === site) profile[field] = undefined;
}

export function changeOf(profile: Profile): Omit<ProfileChange, 'seq'> {
  const { id, name, language, tags } = profile;
  return {
    kind: 'profile',
    profile: id,
    identities: hashesOf(profile).slice(0, most.hashes),
    ...(name ? { name } : {}),
    ...(language ? { language } : {}),
    tags: [...tags.values()].slice(0, most.tags).map(({ until, removed, ...tag }) => ({
      ...tag,
      ...(until === null ? {} : { until }),
      ...(removed === null ? {} : { removed }),
    })),
  };
}
