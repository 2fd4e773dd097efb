// The quarters of an hour of today that charts show: from the first in which something happened to the one under way. Pure.

export const slotMs = 900_000;
/** Fewer would make bars as wide as walls. */
const fewest = 12;

/**
 * @param starts of the slots with figures, UTC ms
 * @returns all slots from the first of them to now, ascending; at least 12
 */
export function daySlots(starts: readonly number[], now: number): number[] {
  const last = Math.floor(now / slotMs) * slotMs;
  const first = Math.min(last - (fewest - 1) * slotMs, ...starts);
  return Array.from({ length: Math.round((last - first) / slotMs) + 1 }, (_, at) => first + at * slotMs);
}

/** How much of a slot has passed, 0 to 1. */
export function passed(slot: number, now: number): number {
  return Math.min(1, Math.max(1_000, now - slot) / slotMs);
}
