// Checks names and comments that no linter knows: one style for constants, one word for an upper bound and one for a lower, one meaning for an exported name,
// one form of error codes, a head for each room, the imperative where a function is documented.
// Usage: node scripts/lint-names.mjs; prints each fault with its place, and exits with 1 where there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Names that several files export on purpose, and why. */
const SHARED_NAMES = new Map([['command', 'each file of cli/commands exports its command']]);
/** A verb of the command line has one meaning in operations/: the operation, and what each backend does for it. */
const BACKEND = 'src/operations/backend/backend.ts';
/** Words for an upper bound; the one that is used is MAX. */
const OTHER_BOUNDS = /^(LARGEST|MOST|LONGEST|DEEPEST|GREATEST|HIGHEST|WIDEST|BIGGEST)(_|$)/;
/** Words for a lower bound; the one that is used is MIN. */
const OTHER_LOWER_BOUNDS = /^(SMALLEST|LEAST|FEWEST|SHORTEST|LOWEST|NARROWEST)(_|$)/;

/** Words that say a state: an error code has them behind its noun, `path-unsafe`. */
const STATES =
  /^(already|bad|broken|conflicting|damaged|denied|empty|exhausted|expired|failed|foreign|full|ignored|invalid|missing|newer|no|not|older|taken|too|unknown|unreadable|unsafe|unsaved|unsupported|untrusted|unwritable|wrong)-/;

/** Rooms whose files are one verb each, and none the main one. */
const ROOMS_OF_VERBS = new Set(['src/cli/commands', 'src/operations']);
/** A comment that opens a file, in two sentences or more. */
const HEAD = /^\/\*\*(?:(?!\*\/)[\s\S])*?\.\s(?:(?!\*\/)[\s\S])*?\.\s*\*\//;
/** How a statement about a function begins; its comment begins with what the function is to do. */
const STATEMENT =
  /^(Adds|Appends|Asks|Brings|Checks|Chooses|Collects|Compares|Copies|Counts (?!of\b)|Drops|Ends|Fetches|Finds|Gets|Gives|Holds|Keeps|Lists (?!of\b)|Loads|Looks|Makes|Moves|Opens|Parses|Picks|Prints|Puts|Reads|Refuses|Registers|Removes|Renders|Resolves|Returns|Runs|Says|Sends|Shows|Takes|Tells|Turns|Validates|Writes)\b/;
/** Rooms that have statements still. */
const ROOMS_WITH_STATEMENTS = /^src\/(drift|engine|profile|report|schema)\//;

const faults = [];
const exported = new Map();

function* sources(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith('.ts')) yield join(entry.parentPath, entry.name);
}

const files = [...sources(join(root, 'src'))];
const options = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config;
const { options: compilerOptions } = ts.parseJsonConfigFileContent(options, ts.sys, root);
const program = ts.createProgram(files, compilerOptions);
const checker = program.getTypeChecker();

function isFunction(node) {
  return checker.getTypeAtLocation(node).getCallSignatures().length > 0;
}

/** A value that is known as it is written: a literal, a pattern, a list, a table, or arithmetic on those. */
function isLiteral(node) {
  if (node === undefined) return false;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node))
    return isLiteral(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isLiteral(node.operand);
  if (ts.isNewExpression(node)) return ['Set', 'Map'].includes(node.expression.getText());
  return (
    ts.isLiteralExpression(node) ||
    ts.isTemplateExpression(node) ||
    ts.isBinaryExpression(node) ||
    ts.isArrayLiteralExpression(node) ||
    (ts.isObjectLiteralExpression(node) && !hasMethods(node))
  );
}

/** An object with methods is an implementation, such as a reader, and no table of values. */
function hasMethods({ properties }) {
  return properties.some((property) => ts.isMethodDeclaration(property) || isFunction(property));
}

function checkConstant(file, declaration) {
  if (!ts.isIdentifier(declaration.name) || isFunction(declaration.name)) return;
  if (!isLiteral(declaration.initializer)) return;
  const name = declaration.name.text;
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) faults.push(`${file}: the constant ${name} is not in UPPER_CASE`);
  if (OTHER_BOUNDS.test(name)) faults.push(`${file}: the upper bound ${name} is not called MAX_…`);
  if (OTHER_LOWER_BOUNDS.test(name)) faults.push(`${file}: the lower bound ${name} is not called MIN_…`);
}

/** Each room says in one file what it is, and what it may not know. */
function checkHeads() {
  const rooms = new Map();
  for (const path of files) {
    const room = relative(root, dirname(path)).replaceAll('\\', '/');
    if (room === 'src' || ROOMS_OF_VERBS.has(room)) continue;
    rooms.set(room, rooms.get(room) || HEAD.test(readFileSync(path, 'utf8')));
  }
  for (const [room, hasHead] of rooms)
    if (!hasHead) faults.push(`${room}: no file opens with what this room is and what it may not know`);
}

function checkComments(file, node) {
  const isFunctionLike =
    ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node);
  for (const comment of isFunctionLike ? (node.jsDoc ?? []) : []) {
    const text = comment.getText().replace(/^\/\*\*[\s*]*/, '');
    const [word] = STATEMENT.exec(text) ?? [];
    if (word !== undefined) faults.push(`${file}: the comment of ${node.name.getText()} begins with ${word}`);
  }
  ts.forEachChild(node, (child) => checkComments(file, child));
}

function isExported(node) {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) !== 0;
}

function remember(file, name) {
  const places = exported.get(name) ?? new Set();
  exported.set(name, places.add(file));
}

for (const path of files) {
  const source = program.getSourceFile(path);
  const file = relative(root, path).replaceAll('\\', '/');
  if (!ROOMS_WITH_STATEMENTS.test(file)) checkComments(file, source);
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      for (const declaration of statement.declarationList.declarations) {
        if (isConst) checkConstant(file, declaration);
        if (isExported(declaration) && ts.isIdentifier(declaration.name))
          remember(file, declaration.name.text);
      }
    } else if ('name' in statement && statement.name !== undefined && isExported(statement))
      remember(file, statement.name.text);
  }
}

const verbs = new Set(
  program
    .getSourceFile(join(root, BACKEND))
    .statements.filter(
      (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'Backend',
    )
    .flatMap(({ members }) => members.filter(ts.isMethodSignature).map(({ name }) => name.getText())),
);

function isShared(name, places) {
  return (
    SHARED_NAMES.has(name) ||
    (verbs.has(name) && [...places].every((place) => place.startsWith('src/operations/')))
  );
}

function checkErrorCodes() {
  const { statements } = program.getSourceFile(join(root, 'src', 'error-codes.ts'));
  const [table] = statements
    .filter(ts.isVariableStatement)
    .map(({ declarationList }) => declarationList.declarations[0]);
  for (const property of table.initializer.expression.properties) {
    const code = property.name.text;
    if (STATES.test(code)) faults.push(`src/error-codes.ts: ${code} names the state before the thing`);
  }
}

checkErrorCodes();
checkHeads();
for (const [name, places] of exported)
  if (places.size > 1 && !isShared(name, places))
    faults.push(`${name} is exported with more than one meaning: ${[...places].join(', ')}`);

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
