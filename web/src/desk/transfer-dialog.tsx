import { useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { type Person, TargetDialog } from './target-dialog.tsx';

const ways = ['transfer', 'consult', 'invite'] as const;

/** Hands the customer on: at once, after asking, or with a third one in the talk. */
export function TransferDialog({ interaction, onClose }: { interaction: string; onClose: () => void }) {
  const { t, act } = usePanel();
  const [way, setWay] = useState<(typeof ways)[number]>('transfer');
  return (
    <TargetDialog
      title={t('transfer.title')}
      queues={way !== 'invite'}
      hint={t(`transfer.hint.${way}`)}
      head={
        <div className="views ways" role="tablist" aria-label={t('transfer.ways')}>
          {ways.map((one) => (
            <button key={one} type="button" role="tab" aria-selected={one === way} onClick={() => setWay(one)}>
              {t(`transfer.way.${one}`)}
            </button>
          ))}
        </div>
      }
      onChoose={(to) => {
        if (way === 'transfer') return act('transfer', { interaction, to });
        if (way === 'consult') return act('consult', { interaction, to });
        // Queues are not offered there.
        return act('invite', { interaction, to: to as Person });
      }}
      onClose={onClose}
    />
  );
}
