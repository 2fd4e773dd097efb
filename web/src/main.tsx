import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/area.css';
import './account/account.css';
import './desk/contact.css';
import './desk/customer.css';
import './conversation/conversation.css';
import './phone/phone.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { applyPreferences, readPreferences } from './preferences.ts';
import { App } from './shell/app.tsx';

const preferences = readPreferences();
applyPreferences(preferences);
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <StrictMode>
    <App first={preferences} />
  </StrictMode>,
);
