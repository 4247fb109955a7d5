// The camera: frames to the decoder, one in flight; codes that stay in view are told once.
const WIDTH_MAX = 960;
const AGAIN_MS = 2000;
const CONSTRAINTS = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };

/** Starts the camera into a <video>; `take(text)` gets each new code. Resolves with {stop, light, hasLight}; rejects
 * when there is no camera or it may not be used. */
export async function startCamera(video, take) {
  const stream = await navigator.mediaDevices.getUserMedia(CONSTRAINTS);
  const worker = new Worker("/warehouse/app/decoder.js", { type: "module" });
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = new Map();
  let running = true;

  const next = () => running && requestAnimationFrame(send);
  function send() {
    if (!running) return;
    if (video.readyState < 2 || document.hidden) return void setTimeout(next, 100);
    const scale = Math.min(1, WIDTH_MAX / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const frame = context.getImageData(0, 0, canvas.width, canvas.height);
    worker.postMessage(frame, [frame.data.buffer]);
  }

  worker.onmessage = ({ data: texts }) => {
    const now = performance.now();
    for (const text of texts) {
      const isNew = !(now - seen.get(text) < AGAIN_MS);
      seen.set(text, now);
      if (isNew && running) take(text);
    }
    next();
  };

  video.srcObject = stream;
  await video.play();
  next();
  const [track] = stream.getVideoTracks();
  return {
    hasLight: Boolean(track.getCapabilities?.().torch),
    light: (on) => track.applyConstraints({ advanced: [{ torch: on }] }),
    stop: () => {
      running = false;
      worker.terminate();
      for (const each of stream.getTracks()) each.stop();
      video.srcObject = null;
    },
  };
}
