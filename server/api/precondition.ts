// Changes under a condition (RFC 9110 §13.1): whoever changes what she read is told where somebody else did so meanwhile.
import { hash } from 'node:crypto';
import type { Request } from 'express';
import { failed } from './errors.ts';

/** Who saved a version, and when. */
export interface Saved {
  by?: string | undefined;
  at?: number | undefined;
}

/** Looks at the version that is about to be replaced; undefined: there is none. @throws changed-meanwhile */
export type Precondition = (now: string | undefined, saved?: Saved) => void;

/** The version of a text. */
export const sha256 = (text: string): string => hash('sha256', text);

/** A version as a strong entity tag. */
export const entityTag = (version: string | number): string => `"${version}"`;

/** What the request's `If-Match` and `If-None-Match` ask for; without them every version may be replaced. */
export function preconditionOf(request: Request, what: { kind: string; name: string }): Precondition {
  const match = listed(request.get('if-match'));
  const noneMatch = listed(request.get('if-none-match'));
  return (now, { by, at } = {}) => {
    const holds = (tags: readonly string[]) =>
      now !== undefined && (tags.includes('*') || tags.includes(entityTag(now)));
    if ((match === undefined || holds(match)) && (noneMatch === undefined || !holds(noneMatch))) return;
    throw failed['changed-meanwhile']({
      ...what,
      ...(now === undefined ? {} : { version: now }),
      ...(by === undefined ? {} : { by }),
      ...(at === undefined ? {} : { at }),
    });
  };
}

/** Who saved this version, where it is the newest that came into use; a file that was changed by hand is nobody's. */
export function savedBy(
  versions: readonly { version: string; at: number; by?: string | undefined }[],
  version: string | undefined,
): Saved {
  const [newest] = versions;
  return newest !== undefined && newest.version === version ? newest : {};
}

function listed(header: string | undefined): string[] | undefined {
  return header?.split(',').map((tag) => tag.trim());
}
