// What a hand in a loud hall notices: the whole screen, a tone, a shake. The cause of a no is held for two seconds.
const HOLD_MS = 2000;
const GOOD_MS = 180;
const TONES = {
  good: [[1568, 0, 0.09]],
  amber: [[740, 0, 0.12], [740, 0.18, 0.12]],
  red: [[196, 0, 0.5]],
};
const SHAKES = { good: 40, amber: [60, 60, 60], red: 400 };

let audio = null;

function sound(verdict) {
  try {
    audio ??= new AudioContext();
    for (const [hertz, after, seconds] of TONES[verdict]) {
      const [tone, volume] = [audio.createOscillator(), audio.createGain()];
      tone.type = verdict === "good" ? "sine" : "square";
      tone.frequency.value = hertz;
      volume.gain.value = 0.4;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + after);
      tone.stop(audio.currentTime + after + seconds);
    }
  } catch {
    // No sound here; the screen and the shake still tell.
  }
}

/** Shows verdicts on an element with [data-cause] and [data-detail] inside. */
export function makeFeedback(element) {
  let timer = 0;
  let heldUntil = 0;
  const clear = () => {
    heldUntil = 0;
    element.removeAttribute("data-verdict");
  };

  function tell({ verdict, cause = "", detail = "" }) {
    sound(verdict);
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES[verdict]);
    if (verdict === "good" && performance.now() < heldUntil) return; // the cause stays up; the tone and count go on
    clearTimeout(timer);
    element.dataset.verdict = verdict;
    element.querySelector("[data-cause]").textContent = cause;
    element.querySelector("[data-detail]").textContent = detail;
    heldUntil = verdict === "good" ? 0 : performance.now() + HOLD_MS;
    timer = setTimeout(clear, verdict === "good" ? GOOD_MS : HOLD_MS);
  }

  return { tell, clear };
}

/** Keeps the screen on until the returned function is called. */
export function stayAwake() {
  let lock = null;
  let on = true;
  const ask = async () => {
    if (!on || document.hidden) return;
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      // The battery is low or the device knows no such lock; it will dim, and scanning still works.
    }
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    on = false;
    document.removeEventListener("visibilitychange", ask);
    lock?.release();
  };
}
