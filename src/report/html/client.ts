/**
 * What runs inside the page: the functions of this file, written into it as their own source (`PAGE_SCRIPT`), so they use
 * nothing but each other and the browser. Without them (scripts blocked, as Jenkins does) the page still shows all.
 */

// The little of the DOM that is used here: the whole `lib.dom` would make its globals known to every file of varve.
interface Element {
  readonly dataset: Record<string, string | undefined>;
  readonly style: Record<string, string>;
  hidden: boolean;
  open: boolean;
  textContent: string | null;
  value: string;
  append(...children: Element[]): void;
  closest(selector: string): Element | null;
  focus(): void;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { left: number; top: number; width: number; height: number };
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  setAttribute(name: string, value: string): void;
}
interface PageEvent {
  readonly target: Element;
  readonly key: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  preventDefault(): void;
}
declare const document: Element & {
  readonly documentElement: Element;
  createElementNS(namespace: string, name: string): Element;
  addEventListener(type: string, listener: (event: PageEvent) => void, capture?: true): void;
};

/** Shows the cards that have every word of the search and the chosen grade. */
function filterCards(cards: readonly Element[], words: readonly string[]): void {
  const grade = document.querySelector('input[name=grade]:checked')?.value ?? '';
  let count = 0;
  for (const card of cards) {
    const text = card.dataset.find ?? '';
    card.hidden =
      (grade !== '' && card.dataset.grade !== grade) || !words.every((word) => text.includes(word));
    if (!card.hidden && !card.closest('.calm:not([open])')) count++;
  }
  document.querySelector('#shown')!.textContent = `${count} of ${cards.length} shown`;
}

/** Opens what is folded while something in it is looked for. */
function unfold(words: readonly string[]): void {
  const grade = document.querySelector('input[name=grade]:checked')?.value ?? '';
  for (const fold of document.querySelectorAll('.calm')) {
    fold.open = words.length > 0 || grade === 'good';
    fold.hidden = grade !== '' && grade !== 'good';
  }
}

/** Numbers by size, all else by the alphabet. */
function compareKeys(a: string, b: string): number {
  const both = a !== '' && b !== '' && !Number.isNaN(Number(a)) && !Number.isNaN(Number(b));
  return both ? Number(a) - Number(b) : a.localeCompare(b);
}

/** `wanted` is a key of the cards' data, with ` down` for the greatest first; ties stay as they first were. */
function orderCards(list: Element, wanted: string): void {
  const [key = '', direction] = wanted.split(' ');
  const sign = direction === 'down' ? -1 : 1;
  const of = (card: Element, name: string): string => card.dataset[name] ?? '';
  const cards = [...list.querySelectorAll('.card')].sort(
    (a, b) => sign * compareKeys(of(a, key), of(b, key)) || compareKeys(of(a, 'place'), of(b, 'place')),
  );
  list.append(...cards);
}

/** Search, filter and order of the cards; `/` goes to the search box, Escape empties it. */
function arrangeCards(): void {
  const find = document.querySelector('#find');
  const order = document.querySelector('#order');
  if (!find || !order) return;
  const cards = [...document.querySelectorAll('.card')];
  const words = (): string[] => find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = (): void => filterCards(cards, words());
  const show = (): void => {
    unfold(words());
    filter();
  };
  document.addEventListener('toggle', filter, true);
  document.addEventListener('input', (event) => {
    if (event.target === order) {
      for (const list of document.querySelectorAll('.cards')) orderCards(list, order.value);
    } else {
      show();
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.target === find) {
      find.value = '';
      show();
    } else if (
      event.key === '/' &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.target.closest('input, select')
    ) {
      event.preventDefault();
      find.focus();
    }
  });
  document.documentElement.setAttribute('data-live', '');
  filter();
}

function linesOf(chart: Element, key: string): string[] {
  return (chart.dataset[key] ?? '').split('\n');
}

function stopsOf(chart: Element): number[] {
  return (chart.dataset.stops ?? '').split(' ').map(Number);
}

/** A shade over one bin. */
function markBin(chart: Element, bin: number): void {
  const svg = chart.querySelector('svg')!;
  let cursor = svg.querySelector('.cursor');
  if (!cursor) {
    cursor = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    cursor.setAttribute('class', 'cursor');
    svg.append(cursor);
  }
  const stops = stopsOf(chart);
  const [from, size] = [stops[bin]!, stops[bin + 1]! - stops[bin]!];
  const across = chart.dataset.direction === 'across';
  const [x, y, width, height] = across ? [from, 8, size, 140] : [0, from, 360, size];
  for (const [side, value] of Object.entries({ x, y, width, height }))
    cursor.setAttribute(side, String(value));
}

/** Says one bin's name and shares, to the eye and to assistive technology. */
function readBin(chart: Element, wanted: number): void {
  const shares = linesOf(chart, 'shares');
  const bin = Math.min(shares.length - 1, Math.max(0, wanted));
  const [first, second] = shares[bin]!.split('\t');
  const said = second === undefined ? first : `${first} before, ${second} after`;
  const text = `${linesOf(chart, 'names')[bin]}: ${said}`;
  chart.querySelector('.read')!.textContent = text;
  chart.setAttribute('aria-valuenow', String(bin + 1));
  chart.setAttribute('aria-valuetext', text);
  markBin(chart, bin);
}

/** The bin under the pointer; user units are 360 across. */
function pointAt(event: PageEvent): void {
  const svg = event.target.closest('.chart svg');
  const chart = svg?.closest('.chart');
  if (!svg || !chart) return;
  const box = svg.getBoundingClientRect();
  const pixels = chart.dataset.direction === 'down' ? event.clientY - box.top : event.clientX - box.left;
  const along = (pixels / box.width) * 360;
  const passed = stopsOf(chart).filter((stop) => stop <= along).length;
  readBin(chart, passed - 1);
}

/** Shows the values under the pointer, or by arrow keys, Home and End while a chart has the focus. */
function readCharts(): void {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowUp: -1,
    ArrowRight: 1,
    ArrowDown: 1,
    Home: -1e9,
    End: 1e9,
  };
  const move = (event: PageEvent, step: number | undefined): void => {
    const chart = event.target.closest('.chart');
    if (!chart || step === undefined) return;
    event.preventDefault();
    readBin(chart, Number(chart.getAttribute('aria-valuenow')) - 1 + step);
  };
  document.addEventListener('pointermove', pointAt);
  document.addEventListener('focusin', (event) => move(event, 0));
  document.addEventListener('keydown', (event) => move(event, steps[event.key]));
}

const HELPERS = [filterCards, unfold, compareKeys, orderCards, linesOf, stopsOf, markBin, readBin, pointAt];

// A bundler may rename functions, but all alike: what is called here is called by the name that it has.
export const PAGE_SCRIPT = `(() => {
${[...HELPERS, arrangeCards, readCharts].join('\n')}
${arrangeCards.name}();
${readCharts.name}();
})();
`;
