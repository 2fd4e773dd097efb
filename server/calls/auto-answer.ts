// Headers by which phones answer by themselves; each maker reads another one. (RFC 5373, and what Polycom, Yealink, Snom
// and others take from Call-Info and Alert-Info.)
export const autoAnswer: Readonly<Record<string, string>> = {
  'Call-Info': '<sip:localhost>;answer-after=0',
  'Alert-Info': '<http://localhost>;info=alert-autoanswer;delay=0',
  'Answer-Mode': 'Auto',
};
