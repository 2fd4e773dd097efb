// A flow as a bot: what it asks for in writing, and what a written answer means to it.
import { spoken } from './run.ts';
import type { NodeOf } from './schema.ts';
import type { FlowSet, FlowState } from './types.ts';

/** As keys lie on a telephone. */
const order = '1234567890*#';

/**
 * What the flow asks for: the choices of a menu (its buttons), and whether what is written then is secret. Undefined where it
 * waits for something else.
 */
export function askedOf(
  set: FlowSet,
  state: FlowState,
): { secret: boolean; choices?: { key: string; label: string }[] } | undefined {
  const frame = state.frames.at(-1);
  const flow = frame && set.flows.get(frame.flow);
  const node = frame && flow?.nodes.get(frame.node);
  if (state.waiting !== 'ask') return undefined;
  if (!flow || node?.type !== 'menu') return { secret: node?.type === 'collect' && node.secret === true };
  const language = spoken(flow, state);
  const choices = Object.entries(node.choices)
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([key, choice]) => {
      const { button, label } = typeof choice === 'string' ? {} : choice;
      return { key, label: button?.[language] ?? label ?? key };
    });
  return { secret: false, choices };
}

/** The key of the choice that a text means: the key itself, or what its button says; else what is no key. */
export function keyOf(node: NodeOf<'menu'>, text: string): string {
  const said = plainly(text);
  if (Object.hasOwn(node.choices, said)) return said;
  const meant = Object.entries(node.choices).find(([, choice]) => {
    if (typeof choice === 'string') return false;
    return [choice.label, choice.button?.en, choice.button?.zh].some(
      (name) => name !== undefined && plainly(name) === said,
    );
  });
  return meant?.[0] ?? `?${said}`;
}

/** Separators within digits are the customer's habit, not her input: `6222 0212-3456`. */
export function inputOf(text: string): string {
  const plain = text.normalize('NFKC').trim();
  const digits = plain.replace(/[\s-]/g, '');
  return /^\d+$/.test(digits) ? digits : plain;
}

const plainly = (text: string): string => text.normalize('NFKC').trim().toLowerCase();
