export { MediasoupGateway } from './gateway.ts';
export { type MediasoupOptions, openMediasoup } from './open.ts';
export { findWorkerBinary } from './worker-binary.ts';
