// From when on the figures of one queue stand out.
import { type FormEvent, useState } from 'react';
import { usePanel } from '../../panel-context.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Failure } from '../../parts/failure.tsx';
import { RestFailed, rest } from '../../rest.ts';
import type { QueueCard } from '../../state/state.ts';
import { useFloorWords } from '../words.ts';
import { type Level, type Watched, watched } from './levels.ts';

type Thresholds = NonNullable<QueueCard['thresholds']>;

/** What one step of a field is in the record: waits are kept in ms and shown in seconds. */
const unit: Record<Watched, number> = { waiting: 1, longestWaitMs: 1_000, serviceLevel: 1 };
const least: Record<Watched, number> = { waiting: 1, longestWaitMs: 1, serviceLevel: 0 };
const most: Record<Watched, number> = { waiting: 100_000, longestWaitMs: 86_400, serviceLevel: 100 };

export function ThresholdsDialog({ queue, name, onClose }: { queue: QueueCard; name: string; onClose: () => void }) {
  const { t } = usePanel();
  const say = useFloorWords();
  const [values, setValues] = useState<Thresholds>(queue.thresholds ?? {});
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const set = (figure: Watched, level: Level, shown: number) => {
    setValues((before) => {
      const { [level]: _, ...rest } = before[figure] ?? {};
      const next = Number.isNaN(shown) ? rest : { ...rest, [level]: Math.round(shown * unit[figure]) };
      const { [figure]: gone, ...others } = before;
      return Object.keys(next).length === 0 ? others : { ...others, [figure]: next };
    });
  };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailed(undefined);
    try {
      await rest(`/queues/${encodeURIComponent(queue.id)}/thresholds`, { method: 'PUT', body: values });
      onClose();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={say('thresholds-of', { queue: name })} onClose={onClose}>
      <form className="thresholds" onSubmit={save}>
        <p className="muted">{say('thresholds-hint')}</p>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('figure')}</th>
              {(['warn', 'alarm'] as const).map((level) => (
                <th key={level} scope="col">
                  {say(`level.${level}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {watched.map((figure) => (
              <tr key={figure}>
                <th scope="row">{say(`threshold.${figure}`)}</th>
                {(['warn', 'alarm'] as const).map((level) => {
                  const value = values[figure]?.[level];
                  return (
                    <td key={level}>
                      <input
                        type="number"
                        min={least[figure]}
                        max={most[figure]}
                        aria-label={`${say(`threshold.${figure}`)}, ${say(`level.${level}`)}`}
                        value={value === undefined ? '' : value / unit[figure]}
                        onChange={(event) => set(figure, level, event.target.valueAsNumber)}
                      />
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
        <Failure of={failed} />
        <footer className="form-foot">
          <span className="space" />
          <button type="button" className="secondary" onClick={onClose}>
            {t('dialog.close')}
          </button>
          <button type="submit" className="primary" disabled={busy}>
            {say('save')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
