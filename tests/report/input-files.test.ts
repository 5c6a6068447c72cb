import { expect, test } from 'vitest';
import { renderAddresses } from '../../src/report/standards/input-files.ts';

const at = (...urls: string[]) => urls.map((url) => ({ path: url.slice(url.lastIndexOf('/') + 1), url }));

test('a manifest of SageMaker has the folder that all addresses share, and what follows it in each', () => {
  const manifest = (...urls: string[]) => JSON.parse(renderAddresses(at(...urls), 'sagemaker'));
  expect(manifest('s3://b/p/3f/2a', 's3://b/p/3f/2b', 's3://b/p/4f/2a')).toEqual([
    { prefix: 's3://b/p/' },
    '3f/2a',
    '3f/2b',
    '4f/2a',
  ]);
  expect(manifest('s3://b/only')).toEqual([{ prefix: 's3://b/' }, 'only']);
  expect(manifest()).toEqual([]);
});

test('an import file of Vertex AI has a JSON object a line, by what each file is', () => {
  expect(renderAddresses(at('gs://b/a.PNG', 'gs://b/b.txt', 'gs://b/c.mp4'), 'vertex')).toBe(
    '{"imageGcsUri":"gs://b/a.PNG"}\n{"textGcsUri":"gs://b/b.txt"}\n{"videoGcsUri":"gs://b/c.mp4"}\n',
  );
  expect(() => renderAddresses(at('gs://b/a.bin'), 'vertex')).toThrow('no image, text or video');
});

test('a file without an address, or in a bucket of another cloud, is left out of none of them', () => {
  const hidden = [{ path: 'a.png', url: null }, ...at('s3://b/a.png')];
  expect(() => renderAddresses(hidden, 'sagemaker')).toThrow('no address');
  expect(() => renderAddresses(at('s3://b/a.png'), 'vertex')).toThrow('gs://');
  expect(() => renderAddresses(at('file:///b/a.png'), 'sagemaker')).toThrow('s3://');
  expect(renderAddresses(hidden, 'text')).toBe('s3://b/a.png\n');
});
