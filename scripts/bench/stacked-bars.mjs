// Draws where the time of several runs goes: one bar a run, as long as any other, and in it a part for each of what takes time.
const WIDTH = 900;
const BAR = { left: 190, right: 790, height: 18, step: 28 };
const TOP = 64;
/** About the width of one. */
const LETTER = 7.4;
const escaped = (text) => text.replace(/[&<>]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/**
 * @param title for those who hear the picture
 * @param names of the parts, at most four
 * @param runs each `{ label, parts, note }`: parts in any one unit, in the order of the names; the note stands behind the bar
 * @returns an SVG document, whose colours follow the reader's choice of light or dark
 */
export function stackedBars(title, names, runs) {
  const height = TOP + runs.length * BAR.step + 10;
  let end = BAR.left;
  const legend = names.map((name, at) => {
    const x = end;
    end += 44 + name.length * LETTER;
    return `<rect class="part${at}" x="${x}" y="18" width="14" height="14"/><text x="${x + 20}" y="30">${escaped(name)}</text>`;
  });
  const bars = runs.map((run, at) => bar(run, TOP + at * BAR.step));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.label { text-anchor: end; }
.paper { fill: #fff; }
.part0 { fill: #1a7f64; } .part1 { fill: #8a63d2; } .part2 { fill: #d9730d; } .part3 { fill: #8b949e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .paper { fill: #0d1117; }
  .part0 { fill: #3fb68b; } .part1 { fill: #a98bea; } .part2 { fill: #f0883e; } .part3 { fill: #6e7681; }
}
</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
${[...legend, ...bars].join('\n')}
</svg>
`;
}

function bar({ label, parts, note }, y) {
  const whole = parts.reduce((sum, part) => sum + part, 0);
  const scale = (BAR.right - BAR.left) / whole;
  const texts = `<text class="label" x="${BAR.left - 12}" y="${y + 14}">${escaped(label)}</text><text x="${BAR.right + 12}" y="${y + 14}">${escaped(note)}</text>`;
  let x = BAR.left;
  const drawn = parts.map((part, at) => {
    const width = part * scale;
    const rect = `<rect class="part${at}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR.height}"/>`;
    x += width;
    return rect;
  });
  return texts + drawn.join('');
}
