// A TCP proxy that delays, run as a thread by latency.mjs. Each direction of a connection is a queue: what comes is passed on in order, `delayMs`
// later; with the probability `loss` for each packet of 1,460 bytes, it and what follows wait for a retransmission first.
import { connect, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { hostname, port, delayMs, loss } = workerData;
const PACKET = 1460;
/** A lost packet is mended in about one round trip, by a fast retransmission (RFC 5681, section 3.2). */
const RETRANSMIT_MS = 2 * delayMs;
/** Bytes that are on their way in one direction of a connection at most. */
const MAX_IN_FLIGHT = 4 * 1024 * 1024;

createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ host: hostname, port, noDelay: true, allowHalfOpen: true });
  pass(near, far);
  pass(far, near);
  // An end that breaks takes the other with it.
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.on('error', () => other.destroy());
  }
}).listen(0, '127.0.0.1', function () {
  parentPort.postMessage(this.address().port);
});

function pass(from, to) {
  /** What is on its way, the oldest first, each with the time at which it arrives; without bytes, the end. */
  const queue = [];
  let inFlight = 0;
  let latest = 0;
  let timer;
  const put = (bytes, waits) => {
    latest = Math.max(latest, performance.now() + delayMs + waits);
    queue.push({ bytes, at: latest });
    timer ??= setTimeout(deliver, delayMs);
  };
  const deliver = () => {
    timer = undefined;
    while (queue.length > 0 && queue[0].at <= performance.now()) {
      const { bytes } = queue.shift();
      if (to.destroyed) continue;
      if (bytes === undefined) to.end();
      else {
        inFlight -= bytes.length;
        to.write(bytes);
      }
    }
    if (inFlight <= MAX_IN_FLIGHT) from.resume();
    // A timer takes whole milliseconds, and may fire a little early.
    if (queue.length > 0)
      timer = setTimeout(deliver, Math.max(1, Math.ceil(queue[0].at - performance.now())));
  };
  from.on('data', (bytes) => {
    inFlight += bytes.length;
    if (inFlight > MAX_IN_FLIGHT) from.pause();
    const packets = Math.ceil(bytes.length / PACKET);
    put(bytes, Math.random() < 1 - (1 - loss) ** packets ? RETRANSMIT_MS : 0);
  });
  from.on('end', () => put(undefined, 0));
  to.on('close', () => {
    clearTimeout(timer);
    queue.length = 0;
    from.destroy();
  });
}
