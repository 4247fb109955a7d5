// Keeps the app on the device: all files of one version together, or none. VERSION and SHELL stand in front of this.
const CACHE = `jiulian-warehouse-${VERSION}`;

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    SHELL.map(async (path) => {
      const response = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
      // A redirect leads to the log-in form: that is not the app.
      if (!response.ok || response.redirected) throw new Error(`${path} answered ${response.status}`);
      await cache.put(path, response);
    }),
  );
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("jiulian-warehouse-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function refreshed(request) {
  const response = await fetch(request);
  if (response.ok && !response.redirected) await (await caches.open(CACHE)).put("/warehouse", response.clone());
  return response;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = url.pathname === "/warehouse";
  // Another language, or a new log-in: the page itself is asked for anew.
  if (isPage && url.search) return event.respondWith(refreshed(event.request));
  const path = isPage ? "/warehouse" : url.pathname + url.search;
  if (!SHELL.includes(path)) return;
  event.respondWith(
    caches.open(CACHE).then(async (cache) => (await cache.match(path)) ?? fetch(event.request)),
  );
});
