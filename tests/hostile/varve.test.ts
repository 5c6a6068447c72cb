import { testHostileRepositories } from './repositories.ts';

testHostileRepositories('varve', []);
