// A bottle with whatever it lies in, followed event by event: the twin of backend/verification/line.py.

export const HANDING = ['ship', 'receive', 'return', 'sell', 'write_off'];
const USING_UP = ['ferment', 'distil', 'blend', 'bottle'];
const DEPTH_MAX = 12;

export class Line {
  #inside = new Map();
  #shipped = new Set();

  constructor(unit, around) {
    this.unit = unit;
    this.#inside.set(unit, around);
  }

  /** All names under which an event may move the bottle now, its own first. */
  get names() {
    const found = [this.unit];
    while (this.#inside.has(found.at(-1)) && found.length <= DEPTH_MAX) found.push(this.#inside.get(found.at(-1)));
    return found;
  }

  /** Whether an event moves the bottle: by a name it goes under now, or by a consignment that took it along. */
  concerns({ reading, fields }) {
    if (!HANDING.includes(fields.step) && !USING_UP.includes(fields.step)) return false;
    if (reading.units.length) return reading.units.some(({ key }) => this.names.includes(key));
    return fields.step !== 'ship' && this.#shipped.has(fields.ref);
  }

  /** Follows an event. What is named out of its package leaves it. */
  take(told) {
    const { reading, fields, evidence } = told;
    if (reading.packing) this.#repack(reading.packing);
    else if (this.concerns(told)) {
      const names = this.names;
      for (const { key } of reading.units) if (names.includes(key)) this.#inside.delete(key);
      if (fields.step === 'ship') this.#shipped.add(evidence);
    }
  }

  #repack({ action, parent, children }) {
    const keys = children.map(({ key }) => key);
    if (action === 'ADD') for (const key of keys) this.#inside.set(key, parent.key);
    if (action !== 'DELETE') return;
    for (const [key, around] of [...this.#inside]) {
      if (around === parent.key && (!keys.length || keys.includes(key))) this.#inside.delete(key);
    }
  }
}
