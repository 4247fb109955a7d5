// A bottle with whatever it lies in, followed event by event: the twin of backend/verification/line.py.

export const HANDING = ['ship', 'receive', 'return', 'sell', 'write_off'];
const USING_UP = ['ferment', 'distil', 'blend', 'bottle'];
const ARRIVING = ['receive', 'return'];
const NONE = '0'.repeat(64);
const DEPTH_MAX = 12;

const closes = ({ step, ref }) => ARRIVING.includes(step) || (step === 'write_off' && ref !== NONE);

export class Line {
  #inside = new Map();
  #packed = new Map();
  #consignment;
  #gone = false;
  /** Evidences of the packings that say under which names the bottle moves, or moved. */
  packings = new Set();

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

  /** Evidences of the packings by which it goes under these names. */
  get links() {
    return this.names.slice(0, -1).flatMap((name) => this.#packed.get(name) ?? []);
  }

  /** Whether an event says that it moves the bottle: by a name it goes under now, or by the consignment it is in. */
  speaks({ reading, fields }) {
    if (!HANDING.includes(fields.step) && !USING_UP.includes(fields.step)) return false;
    if (reading.units.length) return reading.units.some(({ key }) => this.names.includes(key));
    return closes(fields) && fields.ref === this.#consignment;
  }

  /** Whether an event that says so can have moved the bottle: it arrives once, out of what took it along, and is there. */
  concerns(told) {
    const onItsWay = closes(told.fields) ? told.fields.ref : undefined;
    return this.speaks(told) && !this.#gone && this.#consignment === onItsWay;
  }

  /** Follows an event; whether it moved or repacked the bottle. What is named out of its package leaves it. */
  take(told) {
    const { reading, fields, evidence } = told;
    if (reading.packing) return this.#repacked(evidence, reading.packing);
    if (!this.concerns(told)) return false;
    const names = this.names;
    for (const { key } of reading.units) if (names.includes(key)) this.#inside.delete(key);
    this.#consignment = fields.step === 'ship' ? evidence : undefined;
    this.#gone = fields.step !== 'ship' && !ARRIVING.includes(fields.step);
    return true;
  }

  #repacked(evidence, packing) {
    const before = String(this.names);
    this.#repack(packing);
    for (const { key } of packing.children) this.#packed.set(key, evidence);
    if (String(this.names) === before) return false;
    // A pallet may have come into its container long before this case came onto the pallet.
    for (const each of [evidence, ...this.links]) this.packings.add(each);
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
