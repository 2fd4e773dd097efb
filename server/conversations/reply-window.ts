// What the provider still allows: said by the connector, counted down by what is sent meanwhile.
// Templates that the provider approved need no window, and cost none: they are how a business may speak first.
import type { Content, ReplyWindow } from '../../connector/index.ts';
import type { Millis } from '../../values/index.ts';
import { failed } from './errors.ts';

/** Why nothing can be sent now; undefined: it can. */
export function windowProblem(
  window: ReplyWindow | undefined,
  content: Pick<Content, 'type'>,
  now: Millis,
): 'window-closed' | 'quota-spent' | undefined {
  if (content.type === 'template') return undefined;
  if (window?.until !== undefined && window.until <= now) return 'window-closed';
  return window?.left === 0 ? 'quota-spent' : undefined;
}

/** @throws window-closed, quota-spent */
export function mustBeOpen(window: ReplyWindow | undefined, content: Pick<Content, 'type'>, now: Millis): void {
  const problem = windowProblem(window, content, now);
  if (problem) throw failed[problem]();
}

/** One message less. */
export function spent(window: ReplyWindow | undefined, content: Pick<Content, 'type'>): ReplyWindow | undefined {
  return window?.left === undefined || content.type === 'template'
    ? window
    : { ...window, left: Math.max(0, window.left - 1) };
}
