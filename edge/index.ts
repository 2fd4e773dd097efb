export { type EdgeConfiguration, edgeOptions } from './configuration.ts';
export { type Edge, type EdgeOptions, startEdge } from './edge.ts';
