import { testHostileRepositories } from './repositories.ts';

testHostileRepositories('dvc', []);
