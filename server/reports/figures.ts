// What is counted per quarter of an hour: the columns of the report tables. Times are milliseconds. A count stands in the
// slot in which it happened; the length of a talk or wrap-up in the slot in which it ended; an agent's time in each slot
// that it lay in.

export const queueFigures = [
  'offered',
  'answered',
  /** Within the queue's service level threshold of that day. */
  'answered_in_time',
  'abandoned',
  'abandoned_in_time',
  /** Left without an answer, and why. */
  'overflowed',
  'empty',
  'closed',
  'full',
  'removed',
  'moved',
  'to_flow',
  'to_callback',
  'answered_aside',
  'failed',
  /** Of the answered. */
  'wait_ms',
  'abandoned_wait_ms',
  'offers',
  'missed',
  'declined',
  'unreachable',
  'handled',
  'talk_ms',
  'hold_ms',
  'wrap_up_ms',
  'transferred',
  'dispositions_missing',
] as const;

export type QueueFigure = (typeof queueFigures)[number];

/** Contacts by agent. */
export const contactFigures = [
  'offers',
  'answered',
  'missed',
  'declined',
  'unreachable',
  'handled',
  'transferred',
  'dispositions_missing',
  /** Summed over contacts, which may lie beside each other. */
  'contact_talk_ms',
  'contact_hold_ms',
  'contact_wrap_up_ms',
] as const;

/** Her time, every moment counted once, in the first of these that holds. */
export const timeFigures = [
  'talk_ms',
  'hold_ms',
  'wrap_up_ms',
  'ring_ms',
  /** Her own calls. */
  'own_ms',
  'not_ready_ms',
  /** Ready, and nothing on hand. */
  'available_ms',
] as const;

export const agentFigures = [...contactFigures, ...timeFigures] as const;

export type AgentFigure = (typeof agentFigures)[number];
export type TimeFigure = (typeof timeFigures)[number];
