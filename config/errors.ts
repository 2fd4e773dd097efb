import { defineErrors } from '../values/index.ts';

export const failed = defineErrors({
  'settings-invalid': { status: 500, text: 'Setting {setting}: {reason}.' },
  'certificate-unusable': { status: 500, text: 'The certificate file {file} cannot be used: {reason}.' },
});
