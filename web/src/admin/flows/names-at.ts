// Names of nodes, flows, queues and hours, where a flow means one.
import type { NamesAt } from '../../editor/completion.ts';

/** Names that values are chosen from besides the flow's own nodes. */
export interface FlowNames {
  queues: string[];
  flows: string[];
  skills: string[];
  /** Of the site; those of the flow itself are read from it. */
  hours: string[];
}

/** Keys whose value is the name of a node. */
const exits = new Set(['next', 'start', 'error', 'timeout', 'invalid', 'overflow', 'full', 'closed', 'empty']);
/** Objects whose values are. */
const exitMaps = new Set(['choices', 'results']);

export function flowNamesAt({ queues, flows, hours }: FlowNames): NamesAt {
  return (path, root) => {
    const key = path.at(-1);
    const parent = path.at(-2);
    const own = (root ?? {}) as { nodes?: object; hours?: object };
    if ((typeof key === 'string' && exits.has(key)) || (typeof parent === 'string' && exitMaps.has(parent)))
      return [{ names: Object.keys(own.nodes ?? {}), type: 'variable' }];
    if (key === 'queue') return [{ names: queues, type: 'constant' }];
    if (key === 'hours' && path.length > 1)
      return [{ names: [...Object.keys(own.hours ?? {}), ...hours], type: 'constant' }];
    if (key === 'flow' && path.length > 1) return [{ names: flows, type: 'constant' }];
    return [];
  };
}
