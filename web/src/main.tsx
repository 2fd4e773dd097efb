import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/contact.css';
import './styles/customer.css';
import './styles/floor.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyPreferences, readPreferences } from './preferences.ts';

const preferences = readPreferences();
applyPreferences(preferences);
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root.');
createRoot(root).render(
  <StrictMode>
    <App first={preferences} />
  </StrictMode>,
);
