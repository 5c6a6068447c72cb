import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const binary = fileURLToPath(new URL('../../bin/varve.js', import.meta.url));
const sandbox = new Sandbox();
beforeAll(() => {
  sandbox.repository();
  sandbox.write('repo/data.csv', 'a,b\n1,x\n2,y\n');
});
afterAll(() => sandbox.remove());

const FEATURES = 'features: { a: { type: integer }, b: { type: string } }\n';

const ESCAPED = "E'\\''";

function held(expectation: string) {
  sandbox.write('repo/s.yaml', `varveSchema: 1\nexpect: ${JSON.stringify(expectation)}\n${FEATURES}`);
  const { code, out } = sandbox.varve(['validate', 'data.csv', '--schema', 's.yaml', '--json']);
  return {
    code,
    error: code === 2 ? (JSON.parse(out) as { error: { code: string } }).error : undefined,
  };
}

describe('checks of rows that a stranger wrote', () => {
  test.each([
    "len(list_transform(range(100000), x -> repeat('x', 100000))) > 0",
    'sleep_ms(100000) IS NULL',
    "current_setting('memory_limit') = '1'",
    "getenv('HOME') = '/'",
    "getvariable('x') IS NULL",
    'version() IS NULL',
    "lpad(b, 1000000000, ' ') = ''",
    "printf('%1000000000d', a) = ''",
    '(SELECT count(*) FROM duckdb_settings()) > 0',
    "a IN (SELECT 1 FROM read_csv('/etc/passwd'))",
    'COLUMNS(*) IS NULL',
    '$1 = a',
    'main.version() IS NULL',
    'b.repeat(1000000000) IS NULL',
    // To whoever does not know escape strings, all between the first and the last quote is one string.
    `${ESCAPED} = b)) AS bad, b AS shown FROM table_rows UNION ALL SELECT 1, true, version() UNION ALL SELECT 1, (NOT ($$$$ = ${ESCAPED}`,
    `${ESCAPED} = b)) FROM range(1000000000000) WHERE (sleep_ms(1000) = (${ESCAPED}`,
    `${ESCAPED} = b)), (NOT (b = ${ESCAPED}`,
    `${ESCAPED} = b)) LIMIT (length(${ESCAPED}`,
    `${ESCAPED} = b)) QUALIFY ((b = ${ESCAPED}`,
  ])('%s is refused', (expectation) => {
    expect(held(expectation)).toMatchObject({ code: 2, error: { code: 'expression-invalid' } });
  });

  test.each([
    "a > 0 AND b IN ('x', 'y')",
    "CASE WHEN a = 1 THEN b = 'x' ELSE NOT b LIKE 'x%' END",
    "len(list_filter([a, 2], lambda v: v > 0)) = 2 AND regexp_matches(b, '[xy]')",
    'lag(a) OVER (ORDER BY a) < a',
    "TRY_CAST(b AS DATE) IS NULL AND date_diff('day', DATE '2020-01-01', current_date) > 0",
    'coalesce(nullif(a, 0), 1) BETWEEN 1 AND 2',
  ])('%s is asked', (expectation) => {
    expect(held(expectation).code).toBe(0);
  });

  test('what never comes to an end is ended', () => {
    const long = `${'ab'.repeat(500_000)}`;
    sandbox.write('repo/long.csv', `a,b\n${`${long},${long.slice(1)}c\n`.repeat(2)}`);
    sandbox.write('repo/s.yaml', 'varveSchema: 1\ntimeLimit: 1\nexpect: levenshtein(a, b) > 0\n');
    const { code, err } = sandbox.varve(['validate', 'long.csv', '--schema', 's.yaml']);
    expect(err).toContain('took longer than 1 seconds');
    expect(err).toContain('timeLimit: 2');
    expect(code).toBe(2);
  });

  test('a schema gives itself six hours at most', () => {
    sandbox.write('repo/s.yaml', 'varveSchema: 1\ntimeLimit: 1000000\n');
    expect(sandbox.varve(['validate', 'data.csv', '--schema', 's.yaml']).err).toContain('from 1 to 21600');
  });
});

describe('Ctrl-C', () => {
  const rows = Array.from({ length: 600_000 }, (_, index) => `${index},text ${index},${index / 3}`).join(
    '\n',
  );

  test.each([
    ['profile', 'SIGINT', 130],
    ['add', 'SIGTERM', 143],
  ] as const)('%s ends by %s', async (verb, signal, code) => {
    sandbox.write('repo/big.csv', `id,t,x\n${rows}\n`);
    const temporary = sandbox.path('tmp');
    mkdirSync(temporary, { recursive: true });
    const child = spawn(process.execPath, [binary, verb, 'big.csv'], {
      cwd: sandbox.path('repo'),
      env: { ...sandbox.env, TMPDIR: temporary },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    while (readdirSync(temporary).length === 0) await wait(5);
    child.kill(signal);
    expect(await ended).toEqual([code, null]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(join(sandbox.path('repo'), 'big.csv.varve'))).toBe(false);
  });
});
