// The connection and the reducer as one hook.
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { CommandName, CommandWith } from '../../server/desk/protocol.ts';
import { CommandFailed, Connection, type Ending } from './connection.ts';
import { type PanelTools, usePreferences } from './panel-context.ts';
import { afterPaint } from './parts/after-paint.ts';
import { PaintFirst } from './parts/paint-first.ts';
import { isLoggedIn } from './session.ts';
import { type Change, reduce } from './state/reduce.ts';
import { nothing } from './state/state.ts';

/** @param onEnd the connection is over for good */
export function useDesk(onEnd: (why: Ending) => void): PanelTools | undefined {
  const { language, t } = usePreferences();
  const [state, dispatch] = useReducer(reduce, nothing);
  // Who calls is painted before anything else is done: the phone waits for it.
  const change = useMemo(() => {
    const first = new PaintFirst<Change>({
      isUrgent: (one) => one.on === 'event' && one.frame.event === 'pop',
      dispatch,
      flush: flushSync,
      afterPaint,
    });
    return (one: Change) => first.change(one);
  }, []);
  const [connection, setConnection] = useState<Connection>();
  const latest = useRef({ onEnd, language });
  latest.current = { onEnd, language };

  useEffect(() => {
    const made = new Connection({
      language: latest.current.language,
      change,
      onEnd: (why) => latest.current.onEnd(why),
      isLoggedIn,
    });
    setConnection(made);
    made.start();
    return () => made.stop();
  }, [change]);

  useEffect(() => {
    if (connection !== undefined) connection.language = language;
  }, [connection, language]);

  const act = useCallback(
    async <Name extends CommandName>(name: Name, given: CommandWith<Name>): Promise<boolean> => {
      try {
        await connection?.do(name, given);
        return true;
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        const reason = error.code === 'desk-offline' ? t('failed.offline') : error.message;
        change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason } });
        return false;
      }
    },
    [change, connection, t],
  );

  return connection === undefined ? undefined : { state, change, connection, act };
}
