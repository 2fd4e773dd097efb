// What moments remember of one customer: times, and no word of what she said or did. Plain JSON, bounded.
export interface MomentState {
  /** By moment: when each step was matched, newest last; and of which text of the moment that is. */
  marks: Record<string, { of: string; steps: number[][]; due?: number | undefined }>;
  /** By moment: when it last fired. */
  fired: Record<string, number>;
  /** When she was reached out to, within a day. */
  reached: number[];
  /** Who acts for her, and until when. */
  owner?: { moment: string; rank: number; until: number } | undefined;
  /** Moments that wait for the end of quiet hours. */
  waiting: { moment: string; due: number; at: number }[];
}

export function emptyState(): MomentState {
  return { marks: {}, fired: {}, reached: [], waiting: [] };
}

/** What was remembered of two who turned out to be one. Marks and waits of `mine` go first. */
export function mergedState(mine: MomentState, theirs: MomentState): MomentState {
  const fired = { ...theirs.fired };
  for (const [moment, at] of Object.entries(mine.fired)) fired[moment] = Math.max(at, fired[moment] ?? 0);
  return {
    ...mine,
    marks: { ...theirs.marks, ...mine.marks },
    fired,
    reached: [...theirs.reached, ...mine.reached].sort((a, b) => a - b),
    waiting: [
      ...theirs.waiting.filter((each) => !mine.waiting.some(({ moment }) => moment === each.moment)),
      ...mine.waiting,
    ],
  };
}

/** When something is due next; undefined: nothing is. */
export function dueOf({ marks, waiting }: MomentState): number | undefined {
  let next: number | undefined;
  for (const due of [...Object.values(marks).map((mark) => mark.due), ...waiting.map((one) => one.due)]) {
    if (due !== undefined && (next === undefined || due < next)) next = due;
  }
  return next;
}

/** Whether nothing is worth keeping. */
export function isEmpty({ marks, fired, reached, owner, waiting }: MomentState): boolean {
  return (
    owner === undefined &&
    reached.length === 0 &&
    waiting.length === 0 &&
    Object.keys(marks).length === 0 &&
    Object.keys(fired).length === 0
  );
}
