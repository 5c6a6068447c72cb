import { testHostileRepositories } from './repositories.ts';

testHostileRepositories('varve', ['a pointer to tracked code']);
