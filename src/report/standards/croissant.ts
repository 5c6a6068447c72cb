import type { DescribedFeature, DescribedTable, Description } from './description.ts';
import { fileFormatOf, MEDIA_TYPES } from './file-formats.ts';

/** A file of a version, as a list of its files has it. */
export interface DescribedFile {
  /** Within the dataset; the name of a dataset that is a file. */
  readonly path: string;
  readonly size?: number;
  readonly digest?: string;
}

/** The files of a version, and where they can be had. */
export interface FilePlaces {
  readonly files: readonly DescribedFile[];
  /** The address of a file, by its path from the root of the repository. */
  readonly urlOf: (path: string) => string;
  /** What separates the fields of text files, if that is known; else it is what their names say. */
  readonly delimiter?: string;
}

type Node = Readonly<Record<string, unknown>>;

/** Each file beyond is told by the patterns of the file sets alone. */
const MAX_FILE_OBJECTS = 1000;

/** The context of Croissant 1.0, Appendix 1 of its specification. */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileProperty: 'cr:fileProperty',
  fileObject: 'cr:fileObject',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

const DATA_TYPES: Readonly<Record<DescribedFeature['type'], string>> = {
  integer: 'sc:Integer',
  float: 'sc:Float',
  decimal: 'sc:Float',
  boolean: 'sc:Boolean',
  string: 'sc:Text',
  bytes: 'sc:Text',
  date: 'sc:Date',
  time: 'sc:Time',
  timestamp: 'sc:DateTime',
  unknown: 'sc:Text',
};

/**
 * A version as Croissant 1.0 (MLCommons, 2024): files with their digests, and a record set for each table. Fields are the columns, of
 * structs their members; what lies within lists of structs is left out, as Croissant has no source for it.
 */
export function croissant(description: Description, places: FilePlaces): Node {
  const { path, digest, commit, meta, repository } = description;
  const { description: about, license, citation, creator, keywords, url, version } = meta;
  const isUnread = places.files.some((file) => file.digest === undefined);
  const page = url ?? repository;
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    name: path,
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    description: about ?? `${path}, as ${digest} has it.`,
    ...(license && { license }),
    ...(citation && { citeAs: citation }),
    ...(creator && { creator: { '@type': 'sc:Person', name: creator } }),
    ...(keywords && { keywords: keywords.split(/\s*,\s*/).filter((word) => word !== '') }),
    ...(page !== null && /^https?:/.test(page) && { url: page }),
    ...(version && { version }),
    identifier: digest,
    ...(commit && { datePublished: commit.date }),
    ...(isUnread && { isLiveDataset: true }),
    distribution: distribution(description, places),
    recordSet: (description.tables ?? []).map((table) => recordSet(table, description, places)),
  };
}

function distribution({ path, kind, tables }: Description, { files, urlOf }: FilePlaces): Node[] {
  const listed = files.length <= MAX_FILE_OBJECTS ? files : [];
  const objects = listed.map((file) =>
    fileObject(kind === 'file' ? path : `${path}/${file.path}`, file, urlOf),
  );
  if (kind === 'file') return objects;
  const sets = (tables ?? []).map((table) => ({
    '@type': 'cr:FileSet',
    '@id': idOf(setId(path, table)),
    encodingFormat: mediaType(filesOf(table, files)[0]?.path ?? ''),
    includes: patterns(path, files, filesOf(table, files)),
  }));
  return [...objects, ...sets];
}

function fileObject(path: string, { size, digest }: DescribedFile, urlOf: FilePlaces['urlOf']): Node {
  const [algorithm, value] = digest?.split(':') ?? [];
  return {
    '@type': 'cr:FileObject',
    '@id': idOf(path),
    name: path.slice(path.lastIndexOf('/') + 1),
    ...(size === undefined ? {} : { contentSize: `${size} B` }),
    contentUrl: urlOf(path),
    encodingFormat: mediaType(path),
    ...(algorithm === undefined ? {} : { [algorithm]: value }),
  };
}

function mediaType(path: string): string {
  return MEDIA_TYPES[fileFormatOf(path)] ?? 'application/octet-stream';
}

/** The files of a table, which has the name of its folder, `.` where it lies beside others in that of the dataset, or of its one file. */
function filesOf({ name }: DescribedTable, files: readonly DescribedFile[]): DescribedFile[] {
  const isOf = ({ path }: DescribedFile): boolean => {
    if (name === '' || path === name) return true;
    return name === '.' ? !path.includes('/') : path.startsWith(`${name}/`);
  };
  return files.filter((file) => isOf(file) && fileFormatOf(file.path) in MEDIA_TYPES);
}

/** The files themselves, where they are listed; else a pattern for each kind. An asterisk matches whatever is between. */
function patterns(dataset: string, all: readonly DescribedFile[], files: readonly DescribedFile[]): string[] {
  if (all.length <= MAX_FILE_OBJECTS)
    return files.map(({ path }) => `${dataset}/${path}`.replaceAll(/[[*?]/g, '[$&]'));
  const ends = new Set(files.map(({ path }) => /(\.[^./]+(?:\.gz|\.zst)?)?$/.exec(path)![0]));
  return [...ends].sort().map((end) => `${dataset}/*${end}`);
}

function setId(path: string, { name }: DescribedTable): string {
  return name === '' ? `${path}/files` : `${path}/${name}/files`;
}

function recordSet(table: DescribedTable, { path, kind }: Description, { files }: FilePlaces): Node {
  const id = table.name === '' ? `${path}/rows` : `${path}/${table.name}/rows`;
  const [first] = kind === 'file' ? files : filesOf(table, files);
  const source =
    kind === 'file'
      ? { fileObject: { '@id': idOf(path) } }
      : { fileSet: { '@id': idOf(setId(path, table)) } };
  return {
    '@type': 'cr:RecordSet',
    '@id': idOf(id),
    name: id,
    field: table.features
      .filter(({ path: steps }) => !steps.slice(0, -1).includes('[]'))
      .map((feature) => ({
        '@type': 'cr:Field',
        '@id': idOf(`${id}/${fieldName(feature)}`),
        name: fieldName(feature),
        // Dates in another form than that of ISO 8601 would be misread as such.
        dataType: feature.dateFormats === undefined ? DATA_TYPES[feature.type] : 'sc:Text',
        ...(feature.path.at(-1) === '[]' && { repeated: true }),
        source: { ...source, ...extraction(feature, first?.path ?? '') },
      })),
  };
}

function fieldName({ path }: DescribedFeature): string {
  return path.filter((step) => step !== '[]').join('.');
}

/** Identifiers are addresses in which readers allow no escapes: what is in need of one is written as `~` and its bytes. */
function idOf(text: string): string {
  return text.split('/').map(encodeURIComponent).join('/').replaceAll('%', '~');
}

/** How the values of a feature are found in a file such as this one. */
function extraction({ path }: DescribedFeature, file: string): Node {
  const [column = '', ...members] = path.filter((step) => step !== '[]');
  if (members.length === 0 && isPartition(column, file)) {
    const regex = `^(?:.*/)?${column.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}=([^/]+)/.*$`;
    return { extract: { fileProperty: 'fullpath' }, transform: { regex } };
  }
  if (fileFormatOf(file) === 'json')
    return { extract: { jsonPath: `$[*]${jsonPath([column, ...members])}` } };
  const within = members.length === 0 ? {} : { transform: { jsonPath: `$${jsonPath(members)}` } };
  return { extract: { column }, ...within };
}

/** Hive partitions: columns whose values stand in the names of folders. */
function isPartition(column: string, file: string): boolean {
  return file
    .split('/')
    .slice(0, -1)
    .some((step) => step.startsWith(`${column}=`));
}

function jsonPath(steps: readonly string[]): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/;
  return steps.map((step) => `.${plain.test(step) ? step : `'${step.replaceAll("'", "\\'")}'`}`).join('');
}
