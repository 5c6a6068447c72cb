import type { StoredObject } from '../bucket/client.ts';
import type { Requests } from '../bucket/requests.ts';
import { absent, type FileClient, type RemoteFile, stateOf } from '../files/client.ts';
import { walkFiles } from '../files/walk-files.ts';
import { symlinkRefused } from '../folder/links.ts';
import type { SourcePlace } from './source.ts';

/** Data in a folder of a file system on another machine, or one file there. A state is told by time and size. */
export class FilesSourcePlace implements SourcePlace {
  readonly requests: Requests<FileClient>;
  readonly #url: string;

  constructor(requests: Requests<FileClient>, url: string) {
    this.requests = requests;
    this.#url = url.replace(/\/+$/, '');
  }

  async *objects(folder: string): AsyncGenerator<StoredObject> {
    for await (const file of walkFiles(this.requests, folder, { ofStore: false }))
      yield objectOf(file.path, file);
  }

  find(key: string): Promise<StoredObject> {
    return this.requests.run(async () => {
      const found = await this.requests.client.stat(key);
      if (found?.kind === 'link') throw symlinkRefused(key === '' ? this.#url : `${this.#url}/${key}`);
      if (found?.kind !== 'file') throw absent(key);
      return objectOf(key, found);
    });
  }

  nameOf(key: string): string {
    return key;
  }
}

function objectOf(key: string, file: RemoteFile): StoredObject {
  return { key, size: file.size, modified: file.modified, etag: stateOf(file), hasSha256: false };
}
