// Where in the panels she is, kept in the address after `#`, so that a reload and the back button do what they should.
import { useSyncExternalStore } from 'react';

export const areas = ['desk', 'floor', 'admin'] as const;
export type Area = (typeof areas)[number];

export interface Route {
  /** Undefined where the address names none: the first area that is hers. */
  area: Area | undefined;
  /** What follows the area, decoded: `#/admin/queues/service` → `['queues', 'service']`. */
  path: string[];
}

/** @param hash `#/floor/contacts/int_1`; anything else is no area */
export function parseRoute(hash: string): Route {
  const [area, ...path] = hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decoded);
  const known = areas.find((one) => one === area);
  return { area: known, path: known === undefined ? [] : path };
}

/** The address of a place: `hrefOf('admin', 'queues', 'service')` → `#/admin/queues/service`. */
export function hrefOf(area: Area, ...path: string[]): string {
  return `#/${[area, ...path].map(encodeURIComponent).join('/')}`;
}

export function goTo(area: Area, ...path: string[]): void {
  const href = hrefOf(area, ...path);
  if (location.hash !== href) location.hash = href;
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(onHash, () => location.hash);
  return parseRoute(hash);
}

function onHash(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray % that somebody typed.
    return part;
  }
}
