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
  const read = (chart: Element, bin: number): void => {
    const bins = (chart.dataset.bins ?? '').split('\n');
    const at = (chart.dataset.at ?? '').split(' ').map(Number);
    const svg = chart.querySelector('svg');
    const line = chart.querySelector('.read');
    if (!svg || !line) return;
    const now = Math.min(bins.length - 1, Math.max(0, bin));
    const [name = '', ...shares] = bins[now]!.split('\t');
    const sides = shares.length === 2 ? ['before', 'after'] : [''];
    const text = `${name}: ${shares.map((share, side) => `${share} ${sides[side]}`.trim()).join(', ')}`;
    line.textContent = text;
    chart.setAttribute('aria-valuenow', String(now + 1));
    chart.setAttribute('aria-valuetext', text);
    let cursor = svg.querySelector('.cursor');
    if (!cursor) {
      cursor = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      cursor.setAttribute('class', 'cursor');
      svg.append(cursor);
    }
    const along = chart.dataset.axis === 'x';
    const from = at[now]!;
    const size = Math.max(1, at[now + 1]! - from);
    const box = along ? [from, 8, size, 142] : [0, from, 360, size];
    for (const [index, side] of ['x', 'y', 'width', 'height'].entries())
      cursor.setAttribute(side, String(box[index]));
  };
  document.addEventListener('pointermove', (event) => {
    const chart = event.target.closest?.('.chart');
    const svg = chart?.querySelector('svg');
    if (!chart || !svg) return;
    const box = svg.getBoundingClientRect();
    const scale = 360 / box.width;
    const place = (chart.dataset.axis === 'x' ? event.clientX - box.left : event.clientY - box.top) * scale;
    const ends = (chart.dataset.at ?? '').split(' ').map(Number).slice(1);
    read(
      chart,
      ends.findIndex((end) => place < end) === -1 ? ends.length : ends.findIndex((end) => place < end),
    );
  });
  document.addEventListener('focusin', (event) => {
    const chart = event.target.closest('.chart');
    if (chart) read(chart, Number(chart.getAttribute('aria-valuenow')) - 1);
  });
  document.addEventListener('keydown', (event) => {
    const chart = event.target.closest('.chart');
    const now = Number(chart?.getAttribute('aria-valuenow')) - 1;
    const next = {
      ArrowLeft: now - 1,
      ArrowUp: now - 1,
      ArrowRight: now + 1,
      ArrowDown: now + 1,
      Home: 0,
      End: 1e9,
    }[event.key];
    if (!chart || next === undefined) return;
    event.preventDefault();
    read(chart, next);
  });
}
