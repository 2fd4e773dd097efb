// What passed last, for those who look for a fault.
export { MessageTrace, type Passage, type TracedMessage } from './message-trace.ts';
