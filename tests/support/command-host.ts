import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, read, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), 'command-host.cjs');
/** Scripts are evaluated anew for each command, so that a host grows. */
const MAX_COMMANDS = 150;

export interface Command {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What still kept Node alive ten seconds after the end; empty if nothing did. */
  readonly leftAlive: string;
}

/** A process of command-host.cjs, which runs one command line at a time. Its pipes block, so that a test can wait for it without promises. */
export class CommandHost {
  readonly #folder = mkdtempSync(join(tmpdir(), 'varve-host-'));
  readonly #process: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;
  #commands = 0;
  #isBusy = false;

  constructor(binary: string) {
    const [requests, answers] = ['requests', 'answers'].map((name) => join(this.#folder, name)) as [
      string,
      string,
    ];
    execFileSync('mkfifo', [requests, answers]);
    this.#process = spawn(process.execPath, [PROGRAM, binary, requests, answers], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process.unref();
    this.#answers = openSync(answers, 'r');
    this.#requests = openSync(requests, 'w');
  }

  get isFree(): boolean {
    return !this.#isBusy;
  }

  get isWorn(): boolean {
    return !this.#isBusy && this.#commands >= MAX_COMMANDS;
  }

  run(command: Command): Answer {
    this.#ask(command);
    const body = this.#readNow(this.#readNow(4).readUInt32LE());
    return this.#answered(body);
  }

  async runLater(command: Command): Promise<Answer> {
    this.#ask(command);
    const body = await this.#read((await this.#read(4)).readUInt32LE());
    return this.#answered(body);
  }

  close(): void {
    closeSync(this.#requests);
    closeSync(this.#answers);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #ask(command: Command): void {
    this.#commands++;
    this.#isBusy = true;
    const body = Buffer.from(JSON.stringify(command));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    const message = Buffer.concat([length, body]);
    for (let done = 0; done < message.length; ) done += writeSync(this.#requests, message, done);
  }

  #answered(body: Buffer): Answer {
    this.#isBusy = false;
    return JSON.parse(body.toString('utf8')) as Answer;
  }

  #readNow(count: number): Buffer {
    const bytes = Buffer.alloc(count);
    for (let done = 0; done < count; ) {
      const got = readSync(this.#answers, bytes, done, count - done, null);
      if (got === 0) throw new Error('the process that runs commands ended in the middle of one');
      done += got;
    }
    return bytes;
  }

  async #read(count: number): Promise<Buffer> {
    const bytes = Buffer.alloc(count);
    for (let done = 0; done < count; ) {
      const got = await new Promise<number>((resolve, reject) =>
        read(this.#answers, bytes, done, count - done, null, (error, length) =>
          error ? reject(error) : resolve(length),
        ),
      );
      if (got === 0) throw new Error('the process that runs commands ended in the middle of one');
      done += got;
    }
    return bytes;
  }
}
