// Parts, scanning: a recorder's bar code or QR code by the phone's camera, where the browser can read codes.

import { h } from "../dom.js";
import { t } from "../words.js";

/** Whether this browser reads codes. */
export function canScan() {
  return "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);
}

/** What the first code before the camera says; null where the person gave up or the camera isn't allowed. */
export async function scan() {
  let camera;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return null;
  }
  const detector = new BarcodeDetector();
  const video = h("video", { playsinline: true, muted: true });
  video.srcObject = camera;
  const dialog = h("dialog", { class: "dialog scan", "aria-label": t("custody.scan") }, video,
    h("button", { class: "button", onclick: () => { dialog.close(); } }, t("do.cancel")));
  document.body.append(dialog);
  dialog.showModal();
  await video.play();
  let found = null;
  while (dialog.open && !found) {
    const codes = await detector.detect(video);
    found = codes[0]?.rawValue ?? null;
    await new Promise((resolve) => { requestAnimationFrame(resolve); });
  }
  dialog.remove();
  for (const track of camera.getTracks()) track.stop();
  return found;
}
