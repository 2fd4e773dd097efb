// What the agents' phones log (sipp/agent-timed.xml), a line each: `invite sip:agent7 2026-11-22 21:40:32.406197
// 1795383632.406197` when she is offered a call, and `free …` when she hangs up.

/**
 * From an agent's becoming free until her next INVITE.
 * @param log lines of one phone, in order; agents may take turns in it
 * @param since INVITEs before that do not count, epoch milliseconds
 * @returns milliseconds, in the order of the INVITEs
 */
export function agentGaps(log: string, since: number): number[] {
  const gaps: number[] = [];
  const freeAt = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [what, agent, , , epoch] = line.split(/\s+/);
    const at = Number(epoch) * 1000;
    if (agent === undefined || Number.isNaN(at)) continue;
    if (what === 'free') freeAt.set(agent, at);
    else if (what === 'invite') {
      const free = freeAt.get(agent);
      freeAt.delete(agent);
      if (free !== undefined && at >= since) gaps.push(at - free);
    }
  }
  return gaps;
}
