// Emergency numbers always pass, whatever the dial rules say: those of the site's country, and 112 and 911, which phones
// everywhere send (3GPP TS 22.101 §10).

const byCountry: Record<string, readonly string[]> = {
  AU: ['000', '106'],
  BR: ['190', '192', '193'],
  CH: ['117', '118', '144'],
  CN: ['110', '119', '120', '122'],
  DE: ['110'],
  FR: ['15', '17', '18', '114'],
  GB: ['999'],
  HK: ['999'],
  IN: ['100', '101', '102', '108'],
  JP: ['110', '118', '119'],
  KR: ['119'],
  MO: ['999'],
  MY: ['999'],
  NZ: ['111'],
  RU: ['101', '102', '103'],
  SG: ['995', '999'],
  TH: ['191', '199', '1669'],
  TW: ['110', '119'],
  US: ['933', '988'],
};

/** @param country ISO 3166 two letters */
export function emergencyNumbersOf(country: string): readonly string[] {
  return [...new Set([...(byCountry[country] ?? []), '112', '911'])];
}
