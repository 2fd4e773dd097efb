export * from './catch-up.ts';
export { type EventHandler, LinkClient, type LinkClientEvents, type LinkClientOptions } from './client.ts';
export { LinkFailure } from './failure.ts';
export { GatheredWrites } from './gathered-writes.ts';
export * from './media-protocol.ts';
export * from './protocol.ts';
export { LinkServer, type LinkServerEvents, type LinkServerOptions, type RequestHandler } from './server.ts';
export * from './trace-protocol.ts';
export * from './webrtc-protocol.ts';
