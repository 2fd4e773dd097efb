import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'settings-invalid': { status: 500, text: 'Setting {setting}: {reason}.' },
});
