// Half load for a long time: memory and open handles once a minute, to see whether they grow.
import { readdirSync } from 'node:fs';
import { runStep } from '../load.ts';
import { residentMb } from '../meter.ts';
import { startSwitchroom } from '../peers/switchroom.ts';
import { round } from '../report.ts';

export interface SoakMinute {
  minute: number;
  edgeMb: number;
  serverMb: number;
  edgeHandles: number;
  serverHandles: number;
  okShare: number;
}

export interface SoakFigures {
  rate: number;
  minutes: SoakMinute[];
  /** Of the last five minutes over minutes 5 to 10. */
  memoryRatio: number;
  handlesRatio: number;
}

const talkMs = 2_000;

export async function soak(rate: number, minutes: number, each: (one: SoakMinute) => void): Promise<SoakFigures> {
  const peer = await startSwitchroom({ capacity: 1_000, record: false, firstAgentPort: 5601 });
  try {
    const found: SoakMinute[] = [];
    const { edge, server } = peer.product.pids;
    for (let minute = 1; minute <= minutes; minute++) {
      const { okShare } = await runStep(peer, { rate, seconds: 55, talkMs });
      const one = {
        minute,
        edgeMb: Math.round(residentMb(edge)),
        serverMb: Math.round(residentMb(server)),
        edgeHandles: handles(edge),
        serverHandles: handles(server),
        okShare,
      };
      found.push(one);
      each(one);
    }
    const early = found.slice(Math.min(4, minutes - 1), 10);
    const late = found.slice(-5);
    const ratio = (of: (one: SoakMinute) => number) => round(mean(late.map(of)) / mean(early.map(of)), 3);
    return {
      rate,
      minutes: found,
      memoryRatio: ratio((one) => one.edgeMb + one.serverMb),
      handlesRatio: ratio((one) => one.edgeHandles + one.serverHandles),
    };
  } finally {
    await peer.close();
  }
}

function handles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
