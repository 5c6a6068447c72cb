/**
 * What runs inside the page. Each function is written into the page as source (see page.ts), so it stands alone: no
 * imports, nothing of this module's scope. Without it (scripts blocked, as Jenkins does) the page still shows all.
 */

// The little of the DOM that is used here: the whole `lib.dom` would make its globals known to every file of varve.
interface Element {
  readonly dataset: Record<string, string | undefined>;
  readonly style: Record<string, string>;
  hidden: boolean;
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
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
};

/** Search, filter and order of the cards; `/` goes to the search box, Escape empties it. */
export function arrangeCards(): void {
  const list = document.querySelector('#cards');
  const find = document.querySelector('#find');
  const order = document.querySelector('#order');
  const shown = document.querySelector('#shown');
  if (!list || !find || !order || !shown) return;
  const cards = [...list.querySelectorAll('.card')];
  const filter = (): void => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const grade = document.querySelector('input[name=grade]:checked')?.value ?? '';
    let count = 0;
    for (const card of cards) {
      const text = card.dataset.find ?? '';
      card.hidden =
        (grade !== '' && card.dataset.grade !== grade) || !words.every((word) => text.includes(word));
      if (!card.hidden) count++;
    }
    shown.textContent = `${count} of ${cards.length} shown`;
  };
  const arrange = (): void => {
    const [key = '', direction] = order.value.split(' ');
    const sign = direction === 'down' ? -1 : 1;
    const of = (card: Element): string => card.dataset[key] ?? '';
    const places = new Map(cards.map((card) => [card, Number(card.dataset.place)]));
    const compare = (a: string, b: string): number =>
      a === '' || b === '' || Number.isNaN(Number(a)) || Number.isNaN(Number(b))
        ? a.localeCompare(b)
        : Number(a) - Number(b);
    cards.sort((a, b) => sign * compare(of(a), of(b)) || places.get(a)! - places.get(b)!);
    list.append(...cards);
  };
  document.addEventListener('input', (event) => (event.target === order ? arrange() : filter()));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.target === find) {
      find.value = '';
      filter();
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

/** Values under the pointer, or by arrow keys, Home and End where a chart has the focus. */
export function readCharts(): void {
  const spanOf = (chart: Element): number[] => (chart.dataset.span ?? '').split(' ').map(Number);
  const lines = (chart: Element, key: string): string[] => (chart.dataset[key] ?? '').split('\n');
  const mark = (chart: Element, bin: number, bins: number): void => {
    const svg = chart.querySelector('svg')!;
    let cursor = svg.querySelector('.cursor');
    if (!cursor) {
      cursor = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      cursor.setAttribute('class', 'cursor');
      svg.append(cursor);
    }
    const [from = 0, to = 0] = spanOf(chart);
    const size = (to - from) / bins;
    const place = String(from + bin * size);
    const across = chart.dataset.direction === 'across';
    const box = across
      ? { x: place, y: '8', width: String(size), height: '142' }
      : { x: '0', y: place, width: '360', height: String(size) };
    for (const [side, value] of Object.entries(box)) cursor.setAttribute(side, value);
  };
  const read = (chart: Element, wanted: number): void => {
    const shares = lines(chart, 'shares');
    const bin = Math.min(shares.length - 1, Math.max(0, wanted));
    const names = lines(chart, 'names');
    const last = shares.length - 1;
    // The bins at the ends of a range hold all that lies beyond.
    const range =
      bin === 0 && last > 0
        ? `up to ${names[1]}`
        : bin === last && last > 0
          ? `from ${names[bin]}`
          : `${names[bin]} to ${names[bin + 1]}`;
    const name = names.length > shares.length ? range : names[bin];
    const sides = shares[bin]!.split('\t');
    const text = `${name}: ${sides.length === 2 ? `${sides[0]} before, ${sides[1]} after` : sides[0]}`;
    chart.querySelector('.read')!.textContent = text;
    chart.setAttribute('aria-valuenow', String(bin + 1));
    chart.setAttribute('aria-valuetext', text);
    mark(chart, bin, shares.length);
  };
  document.addEventListener('pointermove', (event) => {
    const svg = event.target.closest('.chart svg');
    if (!svg) return;
    const chart = svg.closest('.chart')!;
    const [from = 0, to = 0] = spanOf(chart);
    const box = svg.getBoundingClientRect();
    const pixels = chart.dataset.direction === 'down' ? event.clientY - box.top : event.clientX - box.left;
    const along = ((pixels / box.width) * 360 - from) / (to - from);
    read(chart, Math.floor(along * lines(chart, 'shares').length));
  });
  const now = (chart: Element): number => Number(chart.getAttribute('aria-valuenow')) - 1;
  document.addEventListener('focusin', (event) => {
    const chart = event.target.closest('.chart');
    if (chart) read(chart, now(chart));
  });
  document.addEventListener('keydown', (event) => {
    const chart = event.target.closest('.chart');
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowUp: -1,
      ArrowRight: 1,
      ArrowDown: 1,
      Home: -1e9,
      End: 1e9,
    };
    const step = steps[event.key];
    if (!chart || step === undefined) return;
    event.preventDefault();
    read(chart, now(chart) + step);
  });
}
