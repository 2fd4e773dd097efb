// Where the parts of a restored site lie that do not belong into its data folder.
import type { Restored } from '../server/backup/index.ts';

/** @param wanted where the flows were to go, where that was said */
export function tellPlaces({ flows, moments, settings }: Restored, wanted: string | undefined): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`Flows are in ${flows}${wanted === undefined ? ': move them, or set SWITCHROOM_FLOWS' : ''}.`);
  if (moments) say(`Moments are in ${moments}: move them.`);
  for (const { file, was } of settings) say(`Was ${was}: now ${file}`);
}
