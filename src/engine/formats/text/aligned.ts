import { VarveError } from '../../../errors.ts';
import { type SourceFile, shownPath } from '../../source-file.ts';
import { firstLines } from './lines.ts';

/** Under the names of the columns, as psql draws it, and above them, as the clients of MySQL and MariaDB do with `-t`. */
const RULE_OF_PSQL = /^-+(\+-+)+\r?$/;
const RULE_OF_MYSQL = /^\+(-+\+)+\r?$/;

/**
 * Refuse a table that the client of a database drew for people, in which no delimiter is marked off from what values hold.
 * @throws VarveError `table-unreadable`, with the option by which that client prints a table for programs
 */
export async function refuseAligned(file: SourceFile): Promise<void> {
  const [first = '', second = ''] = await firstLines(file, 2);
  const client = RULE_OF_MYSQL.test(first) ? 'mariadb' : RULE_OF_PSQL.test(second) ? 'psql' : undefined;
  if (client === undefined) return;
  const path = shownPath(file);
  throw new VarveError('table-unreadable', `${path}: a table that ${client} drew for people to read`, {
    path,
    remedy:
      client === 'psql'
        ? 'Have it written as CSV, by `psql --csv`.'
        : 'Have it written with tabs, by `mariadb -B` or `mysql -B` in place of `-t`, into a file that ends in .tsv.',
  });
}
