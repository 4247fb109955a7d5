// Lets Node read the app as a browser does: /static/… is the folder of static files, and every file is a module.
const ROOT = new URL("../../../", import.meta.url);

export function resolve(specifier, context, next) {
  if (specifier.startsWith("/static/")) {
    return { url: new URL("backend/web" + specifier, ROOT).href, format: "module", shortCircuit: true };
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  const module = url.startsWith(ROOT.href) && url.endsWith(".js");
  return next(url, module ? { ...context, format: "module" } : context);
}
