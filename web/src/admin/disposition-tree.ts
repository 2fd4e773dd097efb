// Dispositions as a tree that is edited: where one stands is a path of places, and every change makes a new tree. Pure.

/** As the API has them: a code, or a code with its names and those below it. */
export type Disposition =
  | string
  | {
      code: string;
      label?: { en?: string | undefined; zh?: string | undefined } | undefined;
      children?: Disposition[] | undefined;
    };

export interface Branch {
  code: string;
  en: string;
  zh: string;
  children: Branch[];
}

/** Places from the root down: `[2, 0]` is the first one below the third. */
export type Place = readonly number[];

/** As deep as the server takes it (directory/records.ts). */
export const deepest = 5;

export function branchesOf(value: unknown): Branch[] {
  const given = Array.isArray(value) ? (value as Disposition[]) : [];
  return given.map((one) => {
    if (typeof one === 'string') return { code: one, en: '', zh: '', children: [] };
    return { code: one.code, en: one.label?.en ?? '', zh: one.label?.zh ?? '', children: branchesOf(one.children) };
  });
}

/** What has neither names nor others below it is its code alone. */
export function dispositionsOf(branches: readonly Branch[]): Disposition[] {
  return branches.map(({ code, en, zh, children }) => {
    const label = { ...(en.trim() && { en: en.trim() }), ...(zh.trim() && { zh: zh.trim() }) };
    const named = Object.keys(label).length > 0;
    if (!named && children.length === 0) return code;
    return {
      code,
      ...(named && { label }),
      ...(children.length > 0 && { children: dispositionsOf(children) }),
    };
  });
}

export function branchAt(branches: readonly Branch[], place: Place): Branch | undefined {
  const [first, ...rest] = place;
  const found = first === undefined ? undefined : branches[first];
  return rest.length === 0 || found === undefined ? found : branchAt(found.children, rest);
}

/** Those beside it, itself among them, as `change` makes them. */
function among(
  branches: readonly Branch[],
  place: Place,
  change: (beside: Branch[], at: number) => Branch[],
): Branch[] {
  const [first = 0, ...rest] = place;
  if (rest.length === 0) return change([...branches], first);
  return branches.map((one, at) => (at === first ? { ...one, children: among(one.children, rest, change) } : one));
}

export function changed(branches: readonly Branch[], place: Place, change: Partial<Branch>): Branch[] {
  return among(branches, place, (beside, at) =>
    beside.map((one, where) => (where === at ? { ...one, ...change } : one)),
  );
}

export function removed(branches: readonly Branch[], place: Place): Branch[] {
  return among(branches, place, (beside, at) => beside.toSpliced(at, 1));
}

function inserted(branches: readonly Branch[], place: Place, branch: Branch): Branch[] {
  return among(branches, place, (beside, at) => beside.toSpliced(at, 0, branch));
}

/** How many there are, those below among them. */
export function countOf(branches: readonly Branch[]): number {
  return branches.reduce((sum, { children }) => sum + 1 + countOf(children), 0);
}

/** A code that nobody has: `new`, `new-2`, … */
export function freeCode(branches: readonly Branch[]): string {
  const codes = new Set<string>();
  const walk = (some: readonly Branch[]): void => {
    for (const { code, children } of some) {
      codes.add(code);
      walk(children);
    }
  };
  walk(branches);
  let code = 'new';
  for (let n = 2; codes.has(code); n++) code = `new-${n}`;
  return code;
}

export interface Moved {
  branches: Branch[];
  place: Place;
}

/** A new one as the last below that place; of the root, as the last of all. */
export function added(branches: readonly Branch[], below: Place): Moved {
  const place = [...below, (branchAt(branches, below)?.children ?? branches).length];
  const branch = { code: freeCode(branches), en: '', zh: '', children: [] };
  if (below.length === 0) return { branches: [...branches, branch], place };
  const children = [...(branchAt(branches, below)?.children ?? []), branch];
  return { branches: changed(branches, below, { children }), place };
}

export type Way = 'up' | 'down' | 'in' | 'out';

/** @returns undefined where there is no such way: the first goes not up, the deepest not in */
export function moved(branches: readonly Branch[], place: Place, way: Way): Moved | undefined {
  const branch = branchAt(branches, place);
  const target = targetOf(branches, place, way);
  if (branch === undefined || target === undefined) return undefined;
  return { branches: inserted(removed(branches, place), target, branch), place: target };
}

function targetOf(branches: readonly Branch[], place: Place, way: Way): Place | undefined {
  const above = place.slice(0, -1);
  const at = place.at(-1) ?? 0;
  const beside = above.length === 0 ? branches : (branchAt(branches, above)?.children ?? []);
  switch (way) {
    case 'up':
      return at > 0 ? [...above, at - 1] : undefined;
    case 'down':
      return at < beside.length - 1 ? [...above, at + 1] : undefined;
    case 'out':
      return above.length > 0 ? [...above.slice(0, -1), (above.at(-1) ?? 0) + 1] : undefined;
    case 'in': {
      const before = beside[at - 1];
      const own = branchAt(branches, place);
      if (before === undefined || own === undefined || place.length + depthOf(own) > deepest) return undefined;
      return [...above, at - 1, before.children.length];
    }
  }
}

/** Levels, its own among them. */
function depthOf({ children }: Branch): number {
  return 1 + Math.max(0, ...children.map(depthOf));
}
