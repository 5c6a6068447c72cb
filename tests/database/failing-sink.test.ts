import { afterEach, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../src/database/address.ts';
import { openResultSet } from '../../src/database/open.ts';
import type { CellSink } from '../../src/database/query.ts';
import {
  type FakeDatabase,
  fakeMysql,
  fakePostgresql,
  MY_BEFORE_ROWS,
  MY_OK,
  my,
  myGreeting,
  myUsual,
  PG_BEFORE_ROWS,
  PG_LOGGED_IN,
  pg,
  pgUsual,
} from '../support/fake-databases.ts';

const servers: FakeDatabase[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Servers whose table `x` has one row with one text. */
async function withOneRow(): Promise<FakeDatabase[]> {
  const mysql = await fakeMysql(
    (socket) => socket.write(myGreeting()),
    (socket, statement, message) => {
      if (statement < 0) socket.write(my(2, MY_OK));
      else myUsual(socket, message);
      if (statement === MY_BEFORE_ROWS) socket.write(my(4, Buffer.from([0, 0]), '\x01a'));
    },
  );
  const postgresql = await fakePostgresql(
    (socket) => socket.write(PG_LOGGED_IN),
    (socket, statement) => {
      if (statement < PG_BEFORE_ROWS) pgUsual(socket, statement);
      else socket.write(Buffer.concat([pg('H', Buffer.from([0, 0, 0])), pg('d', 'a\n')]));
    },
  );
  servers.push(mysql, postgresql);
  return [mysql, postgresql];
}

const CELL: CellSink = {
  type: 'VARCHAR',
  ...{ addNull: () => undefined, addUnfit: () => undefined, addBytes: () => undefined },
  ...{ addNumber: () => undefined, add64: () => undefined, addTime: () => undefined },
};

test('what fails where rows are written is told as it is, and no server is said to have said it', async () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  // As an engine fails, and as a defect of our own would.
  for (const error of [full, new RangeError('Invalid array length'), 'not even an error'])
    for (const endRow of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ])
      for (const { url } of await withOneRow()) {
        const found = await openResultSet(parseDatabaseUrl(url), { table: 'x' }, {});
        const failed = await found.read({ cells: [CELL], endRow }).catch((thrown: unknown) => thrown);
        found.close();
        expect(failed, url).toBe(error);
      }
});
