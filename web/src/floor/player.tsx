// Plays a stereo recording: customer above, agents below, what happened as marks on it.
import { useEffect, useRef, useState } from 'react';
import type { InteractionRecord } from '../../../server/customers/index.ts';
import { duration } from '../format.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { addressOf, ask, RestFailed } from '../rest.ts';
import type { Step } from './contact-detail.tsx';
import { useFloorWords } from './words.ts';

/** Loudness per column, 0 to 1, of each channel. */
type Shape = number[][];

const columns = 400;
/** Seconds that an arrow key moves. */
const step = 5;

export function Player({
  recording,
  marks,
}: {
  recording: InteractionRecord['recordings'][number];
  marks: readonly Step[];
}) {
  const say = useFloorWords();
  const audio = useRef<HTMLAudioElement>(null);
  const [shape, setShape] = useState<Shape>();
  const [failed, setFailed] = useState<RestFailed>();
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState((recording.ms ?? 0) / 1_000);
  const [speed, setSpeed] = useState(1);
  const path = `/recordings/${encodeURIComponent(recording.id)}/audio`;

  useEffect(() => {
    const stop = new AbortController();
    ask(path, { signal: stop.signal })
      .then(async (response) => setShape(await shapeOf(await response.arrayBuffer())))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        // A recording that cannot be drawn can perhaps be played: its player says so.
        if (error instanceof RestFailed) setFailed(error);
      });
    return () => stop.abort();
  }, [path]);

  const seek = (to: number) => {
    if (audio.current === null) return;
    audio.current.currentTime = Math.min(Math.max(0, to), length);
    setAt(audio.current.currentTime);
  };
  const toggle = () => {
    const player = audio.current;
    if (player === null) return;
    // A browser that refuses to play says so by the element's own error event.
    if (player.paused) player.play().catch(() => setPlaying(false));
    else player.pause();
  };
  const inside = marks.flatMap((mark) => {
    const second = (mark.at - recording.startedAt) / 1_000;
    return second > 0.5 && second < length - 0.5 ? [{ ...mark, second }] : [];
  });
  return (
    <section className="player" aria-label={say('recording')}>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said on a telephone call */}
      <audio
        ref={audio}
        src={addressOf(path)}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
        }}
      />
      <Failure of={failed} />
      <div
        className="wave"
        role="slider"
        tabIndex={0}
        aria-label={say('position')}
        aria-valuemin={0}
        aria-valuemax={Math.round(length)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={duration(at * 1_000)}
        onPointerDown={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          seek(((event.clientX - box.left) / box.width) * length);
        }}
        onKeyDown={(event) => {
          const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: length }[event.key];
          if (to !== undefined) seek(to);
          else if (event.key === ' ') toggle();
          else return;
          event.preventDefault();
        }}
      >
        <svg viewBox={`0 0 ${columns} 100`} preserveAspectRatio="none" aria-hidden="true">
          {shape?.map((channel, which) => (
            <path key={which === 0 ? 'customer' : 'agent'} className={`channel-${which}`} d={outline(channel, which)} />
          ))}
        </svg>
        {inside.map((mark) => (
          <span
            key={`${mark.at} ${mark.text}`}
            className="mark"
            data-kind={mark.kind}
            style={{ left: `${(100 * mark.second) / length}%` }}
            title={`${duration(mark.second * 1_000)} ${mark.text}`}
          />
        ))}
        <span className="playhead" style={{ left: `${length === 0 ? 0 : (100 * at) / length}%` }} />
      </div>
      <div className="player-keys">
        <button type="button" className="primary round" aria-label={say(playing ? 'pause' : 'play')} onClick={toggle}>
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        <span className="figures">
          {duration(at * 1_000)} / {duration(length * 1_000)}
        </span>
        <span className="space" />
        <span className="legend channel-0">{say('customer')}</span>
        <span className="legend channel-1">{say('agents-side')}</span>
        <button
          type="button"
          className="ghost small"
          aria-label={say('speed', { speed })}
          onClick={() => {
            const next = speed >= 2 ? 1 : speed + 0.5;
            setSpeed(next);
            if (audio.current !== null) audio.current.playbackRate = next;
          }}
        >
          {speed} ×
        </button>
        <a className="button ghost small" href={addressOf(path)} download={`${recording.id}.wav`}>
          {say('download')}
        </a>
      </div>
    </section>
  );
}

/** @throws DOMException where it is no sound */
async function shapeOf(wav: ArrayBuffer): Promise<Shape> {
  const context = new OfflineAudioContext(1, 1, 8_000);
  const sound = await context.decodeAudioData(wav);
  return Array.from({ length: Math.min(2, sound.numberOfChannels) }, (_, which) => {
    const samples = sound.getChannelData(which);
    const each = samples.length / columns;
    return Array.from({ length: columns }, (_, column) => {
      let loudest = 0;
      for (let i = Math.floor(column * each); i < (column + 1) * each && i < samples.length; i++) {
        loudest = Math.max(loudest, Math.abs(samples[i] ?? 0));
      }
      // Telephone speech is far from full scale; the root makes quiet words visible.
      return Math.sqrt(loudest);
    });
  });
}

/** A filled shape about the middle of its half. */
function outline(channel: number[], which: number): string {
  const middle = which === 0 ? 25 : 75;
  const over = channel.map((loudness, column) => `${column},${(middle - 23 * loudness).toFixed(1)}`);
  const under = channel.map((loudness, column) => `${column},${(middle + 23 * loudness).toFixed(1)}`).reverse();
  return `M${over.join('L')}L${under.join('L')}Z`;
}
