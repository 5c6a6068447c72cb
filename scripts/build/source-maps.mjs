import { readFileSync } from 'node:fs';

const EMPTY = Buffer.from('{"version":3,"sources":["package"],"mappings":"AAAA"}').toString('base64');

/** Maps lead to varve's own sources only: those of the bundled packages would be nine tenths of each map, and name files that nobody has. */
export const mapOwnSources = {
  name: 'map-own-sources',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, 'utf8')}\n//# sourceMappingURL=data:application/json;base64,${EMPTY}`,
      loader: 'js',
    }));
  },
};
