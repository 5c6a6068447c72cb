import { testHostileRepositories } from './repositories.ts';

testHostileRepositories('varve', [
  'a pointer to .GIT',
  'a pointer to git~1',
  'a pointer to sub/.git',
  'a pointer to .varve',
  'a pointer to .dvc',
  'a pointer to .',
  'a pointer to ..',
  'a pointer to tracked code',
  'a remote with an endpoint',
  'a MinIO remote with an endpoint',
  'a remote folder outside',
  'a remote in the home folder',
  'a remote that is Git',
  'a remote with a line break',
  'a cache outside',
  "a cache in another repository's Git",
  'a cache in Git',
  'local settings in Git',
  'a cache that is a link to a folder outside',
  'notes that are a link to a folder outside',
]);
