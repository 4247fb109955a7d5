// Reads codes in a camera's frame, off the main thread. One frame at a time: the page sends the next when this answered.
import { prepareZXingModule, readBarcodes } from "/static/vendor/zxing-wasm-3.1.4/dist/es/reader/index.js";

const WASM = "/static/vendor/zxing-wasm-3.1.4/dist/reader/zxing_reader.wasm";
const OPTIONS = { formats: ["QRCode", "Code128", "DataMatrix"], maxNumberOfSymbols: 12 };
const FAST = { ...OPTIONS, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false };
const THOROUGH = { ...OPTIONS, tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };

prepareZXingModule({ overrides: { locateFile: () => WASM } });
let frames = 0;

self.onmessage = async ({ data }) => {
  frames += 1;
  let texts = [];
  try {
    const found = await readBarcodes(data, frames % 4 ? FAST : THOROUGH);
    texts = found.filter((each) => each.isValid && each.text).map((each) => each.text);
  } finally {
    self.postMessage(texts);
  }
};
