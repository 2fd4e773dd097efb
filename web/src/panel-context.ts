// What every part of the panel may use.
import { createContext, useContext } from 'react';
import type { CommandName, CommandWith } from '../../server/desk/protocol.ts';
import type { Language } from '../../values/index.ts';
import type { Connection } from './connection.ts';
import type { Translate } from './i18n/translate.ts';
import type { Preferences } from './preferences.ts';
import type { Change } from './state/reduce.ts';
import type { PanelState } from './state/state.ts';

export interface PreferencesTools {
  preferences: Preferences;
  set: (change: Partial<Preferences>) => void;
  t: Translate;
  language: Language;
}

export interface PanelTools {
  state: PanelState;
  change: (change: Change) => void;
  connection: Connection;
  /** Asks the server; a failure is shown as a notice. @returns whether it was done */
  act: <Name extends CommandName>(name: Name, given: CommandWith<Name>) => Promise<boolean>;
}

export const PreferencesContext = createContext<PreferencesTools | undefined>(undefined);
export const PanelContext = createContext<PanelTools | undefined>(undefined);

export function usePreferences(): PreferencesTools {
  const tools = useContext(PreferencesContext);
  if (tools === undefined) throw new Error('outside of PreferencesContext');
  return tools;
}

export function usePanel(): PanelTools & PreferencesTools {
  const tools = useContext(PanelContext);
  const preferences = usePreferences();
  if (tools === undefined) throw new Error('outside of PanelContext');
  return { ...tools, ...preferences };
}
