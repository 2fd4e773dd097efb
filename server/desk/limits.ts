// Figures of the desk's protocol that both ends go by. No imports, so that the panel may take it into its bundle.

/** Raised when an older panel could misunderstand a newer server, or the other way round. */
export const protocolVersion = 1;

/** Where the panels' WebSocket is. */
export const deskPath = '/desk';

export const limits = {
  /** The server beats that often; a panel answers at once. */
  beatMs: 2_000,
  /** Nothing heard for that long: that end takes the connection for dead and closes it. */
  silentMs: 6_000,
  /** Without any panel for that long the agent is made not ready (`panel-lost`). */
  panelLostMs: 15_000,
  /** How long a session without connection can be resumed. */
  sessionMs: 120_000,
  /** Largest message from a panel, bytes. */
  messageBytes: 32 * 1024,
  /** Longest note of a contact, characters. */
  noteLength: 4_000,
  /** Commands a second of one panel in the long run, and at once. */
  commandsPerSecond: 20,
  commandBurst: 60,
  /** Commands of one panel that are under way together. */
  commandsUnderWay: 32,
  /** Messages in a row that are not understood before the connection is closed. */
  badInARow: 20,
  /** Events kept for resuming, per agent. */
  keptEvents: 256,
  /** Unsent bytes at which a panel gets no live figures any more, and at which it is closed as too slow. */
  slowBytes: 64 * 1024,
  tooSlowBytes: 1024 * 1024,
  /** Panels of one agent at the same time. */
  panelsPerAgent: 8,
  /** How long a panel may take for its hello. */
  helloMs: 10_000,
  /** Changed live figures leave at most that often. */
  figuresMs: 500,
  /** Longest step by which a wrap-up is extended. */
  extendMs: 600_000,
} as const;

export type DeskLimits = { readonly [Name in keyof typeof limits]: number };

/**
 * WebSocket close codes of the desk (RFC 6455 §7.4.2 leaves 4000 to 4999 to the application). A panel that is silent or
 * too slow is cut off without one, because it would not get it (it sees 1006); a message over the limit gets 1009.
 */
export const closeCodes = {
  /** The server goes down; come back. */
  restart: 1012,
  /** Signed out, disabled or removed: back to the login. */
  signedOut: 4001,
  /** No hello, or too many messages that are not understood. */
  badPanel: 4002,
  /** Another protocol version: reload the page. */
  protocol: 4003,
  /** The same session came in by another connection; a panel that did not do that itself begins anew with `hello`. */
  displaced: 4009,
  /** Too many panels of this agent: the oldest goes. */
  tooMany: 4010,
} as const;
