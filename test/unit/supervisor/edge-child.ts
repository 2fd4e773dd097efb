import { childProgram } from './child.ts';

childProgram('edge');
