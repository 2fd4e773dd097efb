export { readSettings, type Settings, settingsSchema } from './settings.ts';
