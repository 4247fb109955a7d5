// A bottle with whatever it lies in, followed event by event: the twin of backend/verification/line.py, which says why.

export const HANDING = ['ship', 'receive', 'return', 'sell', 'write_off'];
const MOVING = [...HANDING, 'ferment', 'distil', 'blend', 'bottle'];
const ARRIVING = ['receive', 'return'];
const DEPTH_MAX = 12;

export class Line {
  #inside = new Map();
  #packed = new Map();
  #consignment;
  #gone = false;
  packings = new Set();

  constructor(unit, around) {
    this.unit = unit;
    this.#inside.set(unit, around);
  }

  get names() {
    const found = [this.unit];
    while (this.#inside.has(found.at(-1)) && found.length <= DEPTH_MAX) found.push(this.#inside.get(found.at(-1)));
    return found;
  }

  get links() {
    return this.names.slice(0, -1).flatMap((name) => this.#packed.get(name) ?? []);
  }

  concerns({ reading, fields: { step, ref } }) {
    const closes = ARRIVING.includes(step) || (step === 'write_off' && !!reading.ref);
    if (!MOVING.includes(step) || this.#gone || this.#consignment !== (closes ? ref : undefined)) return false;
    return reading.units.length ? reading.units.some(({ key }) => this.names.includes(key)) : closes;
  }

  /** Whether the event moved or repacked the bottle. */
  take(told) {
    const { reading, fields } = told;
    const { names } = this;
    if (reading.packing) {
      this.#repack(reading.packing);
      for (const { key } of reading.packing.children) this.#packed.set(key, told);
      if (String(this.names) === String(names)) return false;
      for (const each of [told, ...this.links]) this.packings.add(each);
      return true;
    }
    if (!this.concerns(told)) return false;
    for (const { key } of reading.units) if (names.includes(key)) this.#inside.delete(key);
    this.#consignment = fields.step === 'ship' ? told.evidence : undefined;
    this.#gone = !['ship', ...ARRIVING].includes(fields.step);
    return true;
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
