import { testHostileRepositories } from './repositories.ts';

testHostileRepositories('dvc', [
  'a pointer to .GIT',
  'a pointer to git~1',
  'a pointer to sub/.git',
  'a remote with an endpoint',
  'a remote with a configuration of its own',
  'a remote with credentials of its own',
  'a remote folder outside',
  'a remote that is Git',
  'local settings in Git',
  'a cache that is a link to a folder outside',
  'notes that are a link to a folder outside',
]);
