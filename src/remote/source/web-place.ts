import type { StoredObject } from '../bucket/client.ts';
import type { Requests } from '../bucket/requests.ts';
import type { WebClient } from '../web/client.ts';
import { WebListing } from '../web/listing.ts';
import type { SourcePlace } from './source.ts';

/** Data below a folder of a web server, or one file there. */
export class WebSourcePlace implements SourcePlace {
  readonly requests: Requests<WebClient>;
  readonly #listing: WebListing;

  constructor(requests: Requests<WebClient>) {
    this.requests = requests;
    this.#listing = new WebListing(requests);
  }

  objects(folder: string): AsyncIterable<StoredObject> {
    return this.#listing.files(folder);
  }

  find(key: string): Promise<StoredObject> {
    return this.requests.run(() => this.requests.client.head(key));
  }

  nameOf(key: string): string {
    return key;
  }
}
