import { defineErrors } from '../../values/index.ts';

export const asteriskErrors = defineErrors({
  'asterisk-configuration': { status: 400, text: 'The configuration of Asterisk cannot be written: {reason}.' },
  'asterisk-host-unknown': { status: 404, text: 'There is no Asterisk host {host}; known are {hosts}.' },
});
