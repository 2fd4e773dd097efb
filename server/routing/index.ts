// The face of routing: the one holder of the router's state.

export { type Counts, type ServiceLevelVariant, serviceLevel } from '../reports/index.ts';
export { routingErrors } from './errors.ts';
export * from './events.ts';
export type { Explanation } from './explain.ts';
export { type Difference, type RealContact, type Reality, realityOfCalls } from './reconciler.ts';
export { type Disagreement, replay } from './replay.ts';
export { Routing, type RoutingCounters, type RoutingOptions } from './routing.ts';
