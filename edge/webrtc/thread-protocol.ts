// What the edge's main thread and the gateway's say to each other: lists of messages, one post per turn of the event loop.
import type { GatewayOptions } from './gateway.ts';

export type GatewayStart = GatewayOptions;

export type ToGateway = { id: number; do: string; with: unknown } | { stop: true };

export type FromGateway =
  | { ready: true }
  | { re: number; ok: unknown }
  | { re: number; failed: { code: string; reason: string; stack?: string | undefined } }
  | { event: string; with: unknown }
  | { log: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> };
