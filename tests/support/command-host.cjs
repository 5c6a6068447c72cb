// A process that stays and runs one command line after another, as `node bin/varve.js` would: each has the built files loaded anew, its own
// working folder, environment and output, and is over once nothing that it started keeps Node alive. What it saves is Node's own start.
// Usage: node command-host.cjs BINARY REQUESTS ANSWERS (two named pipes; a message is its length, 4 bytes little-endian, then JSON)
const fs = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, sep } = require('node:path');
const vm = require('node:vm');

const [binary, requests, answers] = process.argv.slice(2);
const MOST_WAIT_MS = 10_000;
const dist = `${fs.realpathSync(dirname(dirname(binary)))}${sep}dist${sep}`;
const answerTo = fs.openSync(answers, 'w');
const { writeSync } = fs;

/** The scripts that ran before, compiled: the same files each time. */
const COMPILED = new Map();
const { Script } = vm;
vm.Script = function script(source, options) {
  const file = options?.filename;
  if (!file?.startsWith(dist)) return new Script(source, options);
  const known = COMPILED.get(file) ?? new Script(source, options);
  COMPILED.set(file, known);
  return known;
};

/** What was read of the built files, which no command changes. */
const READ = new Map();
const { readFileSync } = fs;
fs.readFileSync = (file, options) => {
  if (typeof file !== 'string' || !file.startsWith(dist)) return readFileSync(file, options);
  const key = `${file} ${options?.encoding ?? options}`;
  const known = READ.get(key) ?? readFileSync(file, options);
  READ.set(key, known);
  return known;
};

/** What the command that runs has printed: by file descriptor. */
let printed = { 1: [], 2: [] };
fs.writeSync = (target, data, ...rest) => {
  if (target !== 1 && target !== 2) return writeSync(target, data, ...rest);
  const [offset = 0, length = data.length - offset] = typeof data === 'string' ? [] : rest;
  const bytes =
    typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.subarray(offset, offset + length));
  printed[target].push(bytes);
  return bytes.length;
};
for (const [target, name] of [
  [1, 'stdout'],
  [2, 'stderr'],
]) {
  process[name].write = (data, encoding, done) => {
    printed[target].push(Buffer.from(data, typeof encoding === 'string' ? encoding : 'utf8'));
    const then = typeof encoding === 'function' ? encoding : done;
    if (then) process.nextTick(then);
    return true;
  };
}

/** What keeps this process alive by itself: its own streams, where they are pipes. */
const OWN = process.getActiveResourcesInfo();

function keepingAlive() {
  const left = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate');
  for (const name of OWN) if (left.includes(name)) left.splice(left.indexOf(name), 1);
  return left.join();
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function become({ args, cwd, env }) {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, binary, ...args];
  for (const file of Object.keys(require.cache)) if (file.startsWith(dist)) delete require.cache[file];
  printed = { 1: [], 2: [] };
}

/** Start dist/main.cjs, which says how the process ends by setting its exit code. */
function startMain(onEnd) {
  const file = `${dist}main.cjs`;
  const source = `(function (require, module, __filename, __dirname, process) {${fs.readFileSync(file, 'utf8')}\n})`;
  const seen = Object.create(process, { exitCode: { set: onEnd } });
  const main = new vm.Script(source, { filename: file }).runInThisContext();
  main(createRequire(file), { exports: {} }, file, dirname(file), seen);
}

async function runOne(request) {
  const before = listeners();
  become(request);
  const code = await new Promise((resolve) => startMain(resolve));
  const started = Date.now();
  while (keepingAlive() !== '' && Date.now() - started < MOST_WAIT_MS) await pause(1);
  endAs(code, before);
  process.chdir('/');
  return { code, out: text(1), err: text(2), leftAlive: keepingAlive() };
}

const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'warning', 'exit'];

function listeners() {
  return EVENTS.map((event) => [event, process.listeners(event)]);
}

/** Tell the command's own listeners that the process ends, and forget them. */
function endAs(code, before) {
  for (const [event, known] of before)
    for (const listener of process.listeners(event)) {
      if (known.includes(listener)) continue;
      process.off(event, listener);
      if (event === 'exit') listener(code);
    }
}

const text = (target) => Buffer.concat(printed[target]).toString('utf8');

function answer(result) {
  const body = Buffer.from(JSON.stringify(result));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  for (const bytes of [length, body])
    for (let done = 0; done < bytes.length; ) done += writeSync(answerTo, bytes, done);
}

const realExit = process.exit.bind(process);
process.exit = (code = 0) => {
  answer({ code, out: text(1), err: text(2), leftAlive: '' });
  realExit(0);
};

async function serve() {
  const input = fs.openSync(requests, 'r');
  const read = (count) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.alloc(count);
      const next = (done) =>
        done === count
          ? resolve(bytes)
          : fs.read(input, bytes, done, count - done, null, (error, got) =>
              error ? reject(error) : got === 0 ? realExit(0) : next(done + got),
            );
      next(0);
    });
  for (;;) {
    const length = (await read(4)).readUInt32LE();
    answer(await runOne(JSON.parse((await read(length)).toString('utf8'))));
  }
}

serve();
