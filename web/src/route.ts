// Where in the panels she is, kept in the address after `#`, so that a reload and the back button do what they should.
import { useSyncExternalStore } from 'react';

export const areas = ['desk', 'work', 'floor', 'admin'] as const;
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

/**
 * The number of a link to dial: `#/dial?number=%2B86138…`, as another program or the browser opens it for `tel:` and
 * `web+tel:` (RFC 3966). Undefined where the address is no such link, or holds no number.
 */
export function dialLink(hash: string): string | undefined {
  const [, query] = /^#\/?dial\?(.*)$/s.exec(hash) ?? [];
  if (query === undefined) return undefined;
  // In a form's notation a plus is a space; in front of a number it is meant as it stands.
  const given = new URLSearchParams(query.replaceAll('+', '%2B')).get('number') ?? '';
  const [number = ''] = decoded(given.trim())
    .replace(/^(web\+)?tel:(\/\/)?/i, '')
    .split(';');
  const digits = number.replace(/[\s()./-]|(?!^)\+/g, '');
  return /^\+?[0-9*#]{2,32}$/.test(digits) ? digits : undefined;
}

/** Calls back for the link to dial that is open now, and for each that comes; each is taken out of the address. */
export function onDialLink(take: (number: string) => void): () => void {
  const look = () => {
    const { hash } = location;
    if (!/^#\/?dial\?/.test(hash)) return;
    const number = dialLink(hash);
    history.replaceState(null, '', '#/desk');
    window.dispatchEvent(new HashChangeEvent('hashchange'));
    if (number !== undefined) take(number);
  };
  look();
  return onHash(look);
}
