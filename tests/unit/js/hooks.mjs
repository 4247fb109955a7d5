// Lets Node load the page's scripts as a browser does: ../reading/ is the app's own reading without its libraries.
const ROOT = new URL("../../../", import.meta.url);
const APP = new URL("scanner/pwa/", ROOT).href;

const module = (path) => ({ url: new URL(path, ROOT).href, format: "module", shortCircuit: true });

export function resolve(specifier, context, next) {
  const [, name] = /^\.\.\/reading\/(\w+\.js)$/.exec(specifier) ?? [];
  if (name) return module("scanner/pwa/" + name);
  if (specifier === "./vendor.js" && context.parentURL.startsWith(APP)) return module("backend/web/static/js/deferred.js");
  return next(specifier, context);
}

export function load(url, context, next) {
  const ours = url.startsWith(ROOT.href) && url.endsWith(".js") && !url.includes("/node_modules/");
  return next(url, ours ? { ...context, format: "module" } : context);
}
