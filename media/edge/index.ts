export { type EdgeMediaOptions, EdgeMediaServer } from './server.ts';
