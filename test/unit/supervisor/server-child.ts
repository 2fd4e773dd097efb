import { childProgram } from './child.ts';

childProgram('server');
