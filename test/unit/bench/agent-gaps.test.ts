import { expect, test } from 'vitest';
import { agentGaps } from '../../bench/agent-gaps.ts';

/** Lines as SIPp writes them, with `seconds` past an epoch of the test. */
const EPOCH = 1_795_383_600;
const line = (what: 'invite' | 'free', agent: string, seconds: number) =>
  `${what} sip:${agent} 2026-11-22\t21:40:${seconds.toFixed(6)}\t${(EPOCH + seconds).toFixed(6)}`;
const gapsOf = (lines: string[], since = EPOCH) => agentGaps(`${lines.join('\n')}\n`, since * 1000).map(Math.round);

test('each agent of a phone has gaps of her own', () => {
  const log = [
    line('invite', 'agent1', 1),
    line('invite', 'agent2', 1.5),
    line('free', 'agent1', 3),
    line('invite', 'agent1', 3.01),
    line('free', 'agent2', 3.5),
    line('free', 'agent1', 5.01),
    line('invite', 'agent1', 5.03),
    line('invite', 'agent2', 5.5),
  ];
  expect(gapsOf(log)).toEqual([10, 20, 2000]);
});

test('an INVITE that no end of a call came before is no gap, and one end has one gap', () => {
  const log = [line('invite', 'agent1', 1), line('free', 'agent1', 3), line('invite', 'agent1', 4)];
  expect(gapsOf([...log, line('invite', 'agent1', 9)])).toEqual([1000]);
});

test('INVITEs of the warm-up do not count, whenever the agent became free', () => {
  const log = [
    line('free', 'agent1', 1),
    line('invite', 'agent1', 2),
    line('free', 'agent1', 4),
    line('invite', 'agent1', 4.5),
  ];
  expect(gapsOf(log, EPOCH + 2.5)).toEqual([500]);
  expect(gapsOf(log, EPOCH + 4.2)).toEqual([500]);
  expect(gapsOf(log, EPOCH + 5)).toEqual([]);
});
