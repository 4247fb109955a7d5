// The way to the server: captures out, work in.
const ACCEPTED = new Set([200, 201]);
const REFUSED = new Set([400, 403, 409, 413, 422]);

/** What a "no" says: `reason` for people, in their language, and `refusal` as the server wrote it, for the file. */
async function wordsOf(response) {
  const text = await response.text();
  try {
    const { kind, message, told, final = false, details } = JSON.parse(text);
    return { reason: String(told ?? message ?? "").slice(0, 500), final, refusal: { kind, message, details } };
  } catch {
    return { reason: "", final: false, refusal: { status: response.status, message: text.slice(0, 500) } };
  }
}

/** Hands in one capture. What is neither a clear yes nor a clear no means: keep it and try again. */
export async function submit(message) {
  try {
    const response = await fetch("/captures", {
      method: "POST", body: message, headers: { "Content-Type": "application/json" }, signal: AbortSignal.timeout(15_000),
    });
    if (ACCEPTED.has(response.status)) return { verdict: "accepted", reason: "" };
    return { verdict: REFUSED.has(response.status) ? "refused" : "later", ...(await wordsOf(response)) };
  } catch (error) {
    return { verdict: "later", reason: error.name === "TimeoutError" ? "timeout" : "offline" };
  }
}

/** The work of this person's party: {work} when it came, {login: true} when the log-in has ended,
 * {denied: true} when this account works for nobody here, {} when offline. */
export async function fetchWork(signer) {
  try {
    const response = await fetch(`/warehouse/documents?signer=${signer}`, {
      headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15_000),
    });
    if (response.ok) return { work: await response.json() };
    return { login: response.status === 401, denied: response.status === 403 };
  } catch {
    return {};
  }
}

/** How the device of a signer stands; null when the server was not reached or did not say. */
export async function fetchDevice(signer) {
  try {
    const response = await fetch(`/warehouse/device?signer=${signer}`, {
      headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15_000),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Where statements about keys count, as a domain to sign for; null when offline. */
export async function fetchRegister() {
  try {
    const response = await fetch("/devices/register", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15_000) });
    const { chainId, participants } = await response.json();
    return { chain_id: chainId, contract: participants };
  } catch {
    return null;
  }
}

/** Posts a change of keys ("redemptions" or "admissions"): {ok}, or {kind, message} of the refusal, told in the reader's language; kind "" when the
 * server was not reached or gave no clear answer. */
export async function postKeys(change, body) {
  try {
    const response = await fetch(`/devices/${change}`, {
      method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(15_000),
      headers: { "Content-Type": "application/json", Accept: "application/json" },
    });
    if (response.ok) return { ok: true };
    const { kind = "", message = "", told = message } = await response.json();
    return { ok: false, kind, message: told };
  } catch {
    return { ok: false, kind: "", message: "" };
  }
}
