// The agents that a supervisor may see, by name: the live view has them only while it is open.
import { useMemo } from 'react';
import { useRest } from '../rest.ts';

export interface Agents {
  /** By name. */
  list: { id: string; name: string }[];
  nameOf: (id: string) => string;
}

export function useAgents(): Agents {
  const { data } = useRest<{ agents: { id: string; name: string; roles: string[] }[] }>('/agents');
  return useMemo(() => {
    const all = data?.agents ?? [];
    const names = new Map(all.map(({ id, name }) => [id, name]));
    return {
      list: all
        .filter(({ roles }) => roles.includes('agent'))
        .map(({ id, name }) => ({ id, name }))
        .sort((a, b) => a.name.localeCompare(b.name)),
      nameOf: (id) => names.get(id) ?? id,
    };
  }, [data]);
}
