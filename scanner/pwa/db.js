// The device's own store. Every write is asked to be durable (`strict`) before it counts: the beep means "kept here".
const NAME = "jiulian-warehouse";
const STORES = {
  keep: {}, // the device's key, the work last seen, small settings
  jobs: { keyPath: "id" }, // jobs that were begun, as they were then
  scans: { keyPath: "n", autoIncrement: true }, // what was scanned for them
  queue: { keyPath: "place", autoIncrement: true }, // signed captures, in the order they were made
};

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Opens the store; the same everywhere in the app and its tests. */
export async function openStore(name = NAME) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const [store, options] of Object.entries(STORES)) request.result.createObjectStore(store, options);
    request.transaction.objectStore("queue").createIndex("evidence", "evidence", { unique: true });
    request.transaction.objectStore("scans").createIndex("job", "job");
  };
  const db = await settled(request);
  db.onversionchange = () => db.close();
  return db;
}

/** One durable transaction over some stores; resolves with what `work(stores…)` gave once all of it is on disk. */
export async function write(db, names, work) {
  const transaction = db.transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
  const result = await work(...names.map((name) => transaction.objectStore(name)));
  await done;
  return result;
}

export const get = (db, store, key) => settled(db.transaction(store).objectStore(store).get(key));

export const all = (db, store) => settled(db.transaction(store).objectStore(store).getAll());

export const keep = (db, key, value) => write(db, ["keep"], (store) => settled(store.put(value, key)));

export { settled };
