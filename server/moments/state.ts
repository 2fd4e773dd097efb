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
