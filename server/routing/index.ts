// The face of routing: the one holder of the router's state.
export { routingErrors } from './errors.ts';
export * from './events.ts';
export type { Explanation } from './explain.ts';
export { type Difference, type RealContact, type Reality, realityOfCalls } from './reconciler.ts';
export { type Disagreement, replay } from './replay.ts';
export { Routing, type RoutingCounters, type RoutingOptions } from './routing.ts';
export { type Counts, type ServiceLevelVariant, serviceLevel } from './service-level.ts';
