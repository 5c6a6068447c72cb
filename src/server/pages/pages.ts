/**
 * The pages: what people see of the versions, at addresses that they can send to one another. They change nothing, run nothing of the data,
 * and may not know S3; how they look is the report room's.
 */

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VarveError } from '../../errors.ts';
import { withCommands } from '../../report/html/parts.ts';
import { anchor, SITE_END, SITE_POLICY, siteContent, siteHead } from '../../report/html/site.ts';
import { Markup, markup } from '../../report/markup.ts';
import { brief } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import { headName } from '../../workspace/git/head.ts';
import { PAGE_HEADERS } from '../answer-headers.ts';
import { VersionCatalog } from '../catalog/catalog.ts';
import { answerOf, logFailure } from '../error-answers.ts';
import type { ServedRepositories, ServedRepository } from '../repositories.ts';
import { StatisticsThread } from '../statistics/thread.ts';
import { quotedRef, unquotedRef } from '../versions/revisions.ts';
import { sendBytes } from './bytes.ts';
import { datasetsView } from './datasets.ts';
import { driftView } from './drift.ts';
import { filesView } from './files.ts';
import { historyView } from './history.ts';
import { HOME, linkTo, type PageName, type ReadLink, readLink, VIEWS } from './links.ts';
import { profileView } from './profile.ts';
import { revisionsView } from './revisions.ts';
import { schemaView } from './schema.ts';
import { searchView } from './search.ts';
import { columnTitles } from './table-parts.ts';
import { versionsView } from './versions.ts';
import type { View, ViewPlace, ViewRequest } from './view.ts';

type ShowView = (asked: ViewRequest) => Promise<View>;

const SHOWN: Readonly<Record<Exclude<PageName, 'bytes'>, ShowView>> = {
  datasets: datasetsView,
  versions: versionsView,
  profile: profileView,
  drift: driftView,
  history: historyView,
  schema: schemaView,
  files: filesView,
  revisions: revisionsView,
  search: searchView,
};

/** Answer at `/ui/`, and send browsers there that ask for the server itself. */
export function registerPages(app: FastifyInstance, repositories: ServedRepositories): void {
  const site = new Site(repositories);
  app.addHook('onClose', () => site.close());
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    const isBrowser = headers.accept?.includes('text/html') === true && headers.authorization === undefined;
    if (url === '/' && method === 'GET' && isBrowser) return reply.redirect(HOME);
  });
  app.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => sendError(request, reply, error));
    scope.addHook('onRequest', async (_, reply) => {
      reply.headers({ ...PAGE_HEADERS, 'Cache-Control': 'private, no-cache' });
    });
    scope.get('/ui', async (_, reply) => reply.redirect(HOME));
    scope.get('/ui/*', (request, reply) => site.answer(request, reply));
  });
}

class Site {
  readonly #repositories: ServedRepositories;
  readonly #catalogs = new Map<ServedRepository, VersionCatalog>();
  readonly #statistics = new StatisticsThread();

  constructor(repositories: ServedRepositories) {
    this.#repositories = repositories;
    for (const one of repositories.all) this.#catalogs.set(one, new VersionCatalog(one, this.#statistics));
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const link = readLink(request.raw.url!);
    if (link === undefined) throw noPage();
    if (link.bucket === '') return this.#sendHome(reply);
    const repository = this.#repositories.named(link.bucket);
    if (repository === undefined) throw noPage();
    if (link.at === '') return this.#redirectToStart(repository, reply);
    const asked = await this.#asked(repository, link);
    if (link.page === 'bytes') return sendBytes(asked, request, reply);
    if (!Object.hasOwn(SHOWN, link.page)) throw noPage();
    const page = link.page as keyof typeof SHOWN;
    const view = await SHOWN[page](asked);
    return send(reply, 200, frame(asked.place, page, view), view.content);
  }

  async close(): Promise<void> {
    await this.#statistics.close();
    await Promise.all([...this.#catalogs.values()].map((catalog) => catalog.close()));
  }

  async #asked(repository: ServedRepository, { at, path, query }: ReadLink): Promise<ViewRequest> {
    const revision = await repository.revisions.resolve(at);
    const catalog = this.#catalogs.get(repository)!;
    return { place: { bucket: repository.bucket, at, repository, catalog, revision }, path, query };
  }

  /** The datasets of the branch that a repository is on. @throws VarveError `revision-unknown` */
  async #redirectToStart(repository: ServedRepository, reply: FastifyReply): Promise<FastifyReply> {
    const name = await headName(repository.root);
    if (name === undefined)
      throw new VarveError('revision-unknown', `${repository.bucket} has no commit yet`, {
        remedy: 'What is committed there shows here.',
      });
    return reply.redirect(linkTo({ bucket: repository.bucket, at: quotedRef(name) }, 'datasets'));
  }

  async #sendHome(reply: FastifyReply): Promise<FastifyReply> {
    const { all } = this.#repositories;
    if (all.length === 1) return this.#redirectToStart(all[0]!, reply);
    const rows = all.map(({ bucket }) => {
      const link = anchor({ text: bucket, href: `${HOME}${encodeURIComponent(bucket)}/` });
      return markup`<tr><th scope="row">${link}<td><code>s3://${bucket}</code>
`;
    });
    const table = markup`<table class="list">${columnTitles(['repository', 'over S3'])}<tbody>${rows}</table>`;
    const content = siteContent(
      markup`${counted(all.length, 'repository', 'repositories')}`,
      markup``,
      table,
    );
    const trail = [{ text: 'varve', href: HOME }];
    return send(reply, 200, siteHead({ title: 'varve', trail, views: [] }), content);
  }
}

function noPage(): VarveError {
  return new VarveError('path-missing', 'There is no page at this address', {
    remedy: 'Begin at the start, and follow the links from there.',
  });
}

/** Everything above the content of a view. */
function frame(place: ViewPlace, page: PageName, view: View): string {
  const { bucket, at } = place;
  const { dataset, inside = '' } = view;
  const steps = inside === '' ? [] : inside.split('/');
  const trail = [
    { text: 'varve', href: HOME },
    { text: bucket, href: linkTo(place, 'datasets') },
    { text: unquotedRef(at), href: linkTo(place, 'revisions', dataset ?? '') },
    ...(dataset === undefined ? [] : [{ text: dataset, href: linkTo(place, 'versions', dataset) }]),
    ...steps.map((text, depth) => ({
      text,
      href: linkTo(place, 'files', [dataset, ...steps.slice(0, depth + 1)].join('/')),
    })),
  ];
  const views = dataset === undefined ? [] : VIEWS;
  return siteHead({
    title: `${brief(view.title, 120)} · ${bucket} · varve`,
    trail,
    views: views.map((name) => ({
      text: name[0]!.toUpperCase() + name.slice(1),
      href: linkTo(place, name, dataset),
      isHere: name === page,
    })),
    search: { action: linkTo(place, 'search'), words: view.words ?? '' },
  });
}

function send(reply: FastifyReply, status: number, head: string, content: View['content']): FastifyReply {
  reply.code(status).headers({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': SITE_POLICY,
  });
  // Of what is found out part by part, nothing is for who asks for the head alone.
  if (reply.request.method === 'HEAD') return reply.send();
  if (content instanceof Markup) return reply.send(head + content + SITE_END);
  return reply.send(Readable.from(written(reply.request, head, content)));
}

/** A page part by part. Where a part cannot be found out, what is there is shown, and that it is not all. */
async function* written(
  request: FastifyRequest,
  head: string,
  content: AsyncIterable<Markup>,
): AsyncGenerator<string> {
  yield head;
  try {
    for await (const part of content) yield part.toString();
  } catch (error) {
    const { status, message } = answerOf(error);
    logFailure(request, error, status);
    yield markup`</table></form><p class="empty">This page ends here: ${message}.</p></main>`.toString();
  }
  yield SITE_END;
}

/** Codes of what whoever looks may know, though it is no fault of theirs. */
const TOLD = [
  'profile-not-fetched',
  'statistics-partial',
  'data-not-tabular',
  'schema-invalid',
  'environment-unknown',
];

function sendError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const isTold = error instanceof VarveError && TOLD.includes(error.code);
  const answer = answerOf(error);
  const status = isTold ? 409 : answer.status;
  logFailure(request, error, status);
  const said = isTold ? (error as VarveError).message : answer.message;
  const remedy = status < 500 && error instanceof VarveError ? error.remedy : '';
  const trail = [{ text: 'varve', href: HOME }];
  const content = siteContent(
    markup`${said}`,
    markup`<p>${withCommands(remedy)}</p><p>${anchor({ text: 'To the start', href: HOME })}</p>`,
    markup``,
  );
  return send(reply, status, siteHead({ title: 'varve', trail, views: [] }), content);
}
