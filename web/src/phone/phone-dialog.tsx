import { useEffect, useId, useRef, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Dialog } from '../parts/dialog.tsx';
import type { PanelState } from '../state/state.ts';
import { gradeOf } from './line-quality.ts';
import { usePhone } from './phone-context.ts';

type Kind = 'audioinput' | 'audiooutput';

/** Devices, levels, an echo to try them, the headset's keys, and how the line is. */
export function PhoneDialog({ onClose }: { onClose: () => void }) {
  const { t, state } = usePanel();
  const phone = usePhone();
  const [stopEcho, setStopEcho] = useState<() => void>();
  useEffect(() => stopEcho, [stopEcho]);
  if (phone === undefined) return null;
  const { sound } = phone;
  const quality = state.phoneQuality;
  const of = (kind: Kind) => phone.present.filter((one) => one.kind === kind);
  const toggleEcho = async () => {
    if (stopEcho !== undefined) {
      stopEcho();
      setStopEcho(undefined);
      return;
    }
    const stop = await phone.echo().catch(() => undefined);
    if (stop !== undefined) setStopEcho(() => stop);
  };
  return (
    <Dialog title={t('phone.title')} onClose={onClose}>
      <div className="phone-settings">
        {sound.is === 'trouble' && (
          <p className="failure" role="alert">
            <span>{sound.reason ?? t(`phone.why.${sound.why}`)}</span>
            <button type="button" className="secondary small" onClick={phone.take}>
              {t('failed.again')}
            </button>
          </p>
        )}
        <Choice
          label={t('phone.microphone')}
          devices={of('audioinput')}
          value={phone.devices.microphone}
          onChoose={(microphone) => phone.choose({ microphone })}
        />
        <Level label={t('phone.level-up')} read={() => phone.levels().up} />
        <Choice
          label={t('phone.speaker')}
          devices={of('audiooutput')}
          value={phone.devices.speaker}
          onChoose={(speaker) => phone.choose({ speaker })}
        />
        <Level label={t('phone.level-down')} read={() => phone.levels().down} />
        <Choice
          label={t('phone.ring')}
          devices={of('audiooutput')}
          value={phone.devices.ring}
          onChoose={(ring) => phone.choose({ ring })}
        />
        <div className="phone-tries">
          <button
            type="button"
            className="secondary"
            aria-pressed={stopEcho !== undefined}
            onClick={() => void toggleEcho()}
          >
            {t(stopEcho === undefined ? 'phone.echo' : 'phone.echo-stop')}
          </button>
          {phone.headset !== undefined && (
            <button
              type="button"
              className="secondary"
              onClick={() => {
                // She closed the browser's list, or the headset is used by another program: nothing changes.
                phone.headset?.choose().catch(() => undefined);
              }}
            >
              {phone.headset.name ?? t('phone.headset')}
            </button>
          )}
        </div>
        {stopEcho !== undefined && <p className="hint">{t(phone.muted ? 'phone.echo-muted' : 'phone.echo-hint')}</p>}
        {quality !== undefined && sound.is === 'connected' && <Line quality={quality} jitterMs={phone.jitterMs} />}
      </div>
    </Dialog>
  );
}

/** How the line was in the last seconds, both ways. */
function Line({
  quality,
  jitterMs,
}: {
  quality: NonNullable<PanelState['phoneQuality']>;
  jitterMs: () => Promise<number | undefined>;
}) {
  const { t } = usePanel();
  const [jitterHere, setJitterHere] = useState<number>();
  const ask = useRef(jitterMs);
  ask.current = jitterMs;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every measurement
  useEffect(() => {
    let gone = false;
    ask.current().then(
      (found) => {
        if (!gone) setJitterHere(found);
      },
      () => undefined, // the connection has just been closed
    );
    return () => {
      gone = true;
    };
  }, [quality]);
  const { up, down, rttMs } = quality;
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(0)} ms`);
  return (
    <table className="phone-line">
      <caption>
        {t('phone.line')}
        {rttMs !== undefined && <span className="muted figures">{t('phone.round-trip', { time: ms(rttMs) })}</span>}
      </caption>
      <thead>
        <tr>
          <td />
          <th scope="col">{t('phone.line-loss')}</th>
          <th scope="col">{t('phone.line-jitter')}</th>
          <th scope="col">{t('phone.line-mos')}</th>
        </tr>
      </thead>
      <tbody className="figures">
        {[
          { way: 'up' as const, stream: up },
          { way: 'down' as const, stream: down && { ...down, jitterMs: down.jitterMs ?? jitterHere } },
        ].map(({ way, stream }) => (
          <tr key={way}>
            <th scope="row">{t(`phone.line-${way}`)}</th>
            {stream === undefined ? (
              <td colSpan={3} className="muted">
                {t('phone.line-silent')}
              </td>
            ) : (
              <>
                <td>{((100 * stream.lost) / Math.max(1, stream.lost + stream.packets)).toFixed(1)} %</td>
                <td>{ms(stream.jitterMs)}</td>
                <td>
                  <span className="light" data-light={gradeOf(stream)} /> {stream.mos.toFixed(1)}
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Choice({
  label,
  devices,
  value,
  onChoose,
}: {
  label: string;
  devices: MediaDeviceInfo[];
  value: string | undefined;
  onChoose: (device: string | undefined) => void;
}) {
  const { t } = usePanel();
  const id = useId();
  const known = devices.filter((one) => one.deviceId !== '' && one.deviceId !== 'default');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value ?? ''}
        onChange={(event) => onChoose(event.target.value === '' ? undefined : event.target.value)}
      >
        <option value="">{t('phone.standard')}</option>
        {value !== undefined && !known.some(({ deviceId }) => deviceId === value) && (
          <option value={value}>{t('phone.gone')}</option>
        )}
        {known.map((one) => (
          <option key={one.deviceId} value={one.deviceId}>
            {one.label === '' ? one.deviceId.slice(0, 8) : one.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Read at every frame and drawn beside React, which has better things to do. */
function Level({ label, read }: { label: string; read: () => number }) {
  const bar = useRef<HTMLMeterElement>(null);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    let frame = requestAnimationFrame(function draw() {
      if (bar.current !== null) bar.current.value = latest.current();
      frame = requestAnimationFrame(draw);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return <meter ref={bar} className="level" aria-label={label} min={0} max={1} high={0.85} />;
}
