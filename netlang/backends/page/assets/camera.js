// Where one looks: the paper is moved and scaled, by hand or step by step.

const camera = { x: 0, y: 0, scale: 1 };
const SMALLEST = 0.02, LARGEST = 6, EDGE = 32, READABLE = 0.6;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
let flight = 0;

function look(x, y, scale) {
  Object.assign(camera, { x, y, scale: Math.min(LARGEST, Math.max(SMALLEST, scale)) });
  paper.setAttribute("transform", `translate(${camera.x},${camera.y}) scale(${camera.scale})`);
}

function flyTo(x, y, scale) {
  cancelAnimationFrame(flight);
  if (isCalm.matches) return look(x, y, scale);
  const from = { ...camera }, begin = performance.now();
  const step = now => {
    const t = Math.min(1, (now - begin) / 220), s = t * (2 - t);
    look(from.x + s * (x - from.x), from.y + s * (y - from.y), from.scale + s * (scale - from.scale));
    if (t < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}

function zoomAt(x, y, factor) {
  cancelAnimationFrame(flight);
  const scale = Math.min(LARGEST, Math.max(SMALLEST, camera.scale * factor));
  const by = scale / camera.scale;
  look(x - by * (x - camera.x), y - by * (y - camera.y), scale);
}

function zoom(factor) {
  const { clientWidth, clientHeight } = canvas;
  zoomAt(clientWidth / 2, clientHeight / 2, factor);
}

function extent() {
  const last = networks.at(-1);
  const height = Math.max(...networks.map(network => network.root.plan.height)) + headRoom();
  return { width: Math.max(last.at[0] + last.width, titleEnd()), height };
}

// All of it, however small that is.
function fit() {
  lookFrom(Math.min(...scales()), flyTo);
}

// All of it where that can be read; else where it begins, as large as its shorter side allows.
function showBeginning() {
  const whole = Math.min(...scales());
  lookFrom(whole < READABLE ? Math.max(...scales()) : whole, look);
}

function scales() {
  const { width, height } = extent();
  return [(canvas.clientWidth - 2 * EDGE) / width, (canvas.clientHeight - 2 * EDGE) / height];
}

// In the middle, or where that is too large, with the first box as near to the middle as may be.
function lookFrom(wanted, move) {
  const scale = Math.min(wanted, 1.25), { width, height } = extent();
  const { at, plan } = networks[0].root.items[0];
  const along = (room, size, first) => size <= room - 2 * EDGE
    ? (room - size) / 2 : Math.min(EDGE, Math.max(room - EDGE - size, room / 2 - first));
  const x = along(canvas.clientWidth, scale * width, scale * (at[0] + plan.width / 2));
  const y = along(canvas.clientHeight, scale * height, scale * (at[1] + plan.height / 2));
  move(x, y, scale);
}

// What of the canvas the panel leaves free: it stands on the right, on a narrow screen below.
const isNarrow = matchMedia("(max-width: 700px)");

function free() {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (panel.hidden) return { width, height };
  return isNarrow.matches ? { width, height: panel.offsetTop } : { width: panel.offsetLeft, height };
}

function centreOn(item) {
  const [x, y] = item.at, { width, height } = item.plan, room = free();
  const scale = Math.max(camera.scale, READABLE);
  const middle = body(item) ? Math.min(height / 2, room.height / scale / 2 - EDGE) : height / 2;
  flyTo(room.width / 2 - scale * (x + width / 2), room.height / 2 - scale * (y + middle), scale);
}

function bringIntoView(item) {
  const { x, y, scale } = camera, { width, height } = item.plan, room = free();
  const left = x + scale * item.at[0], top = y + scale * item.at[1];
  const isSeen = left >= 0 && top >= 0 && left + scale * width <= room.width
    && top + scale * height <= room.height;
  if (!isSeen) centreOn(item);
}

// After what a change does to the rest, a place on the paper is where it was on the screen.
function keepInPlace(item, change) {
  const [x, y] = item.at;
  change();
  const [nx, ny] = (standIn(item).at ?? [x, y]);
  look(camera.x + camera.scale * (x - nx), camera.y + camera.scale * (y - ny), camera.scale);
}

// ------------------------------------------------------------------------------- hand and wheel

const fingers = new Map();
let hasMoved = false;

canvas.addEventListener("wheel", event => {
  event.preventDefault();
  const { left, top } = canvas.getBoundingClientRect();
  const lines = event.deltaMode ? 16 : 1;
  zoomAt(event.clientX - left, event.clientY - top, Math.exp(-event.deltaY * lines * 0.0016));
}, { passive: false });

canvas.addEventListener("pointerdown", event => {
  cancelAnimationFrame(flight);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (fingers.size === 1) hasMoved = false;
});

addEventListener("pointermove", event => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = [event.clientX, event.clientY];
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  const moved = Math.hypot(now[0] - before[0], now[1] - before[1]);
  if (!hasMoved && moved < 4) return; // a click by an unsteady hand
  hasMoved = true;
  fingers.set(event.pointerId, now);
  if (other) pinch(before, now, other);
  else look(camera.x + now[0] - before[0], camera.y + now[1] - before[1], camera.scale);
});

for (const end of ["pointerup", "pointercancel"])
  addEventListener(end, event => fingers.delete(event.pointerId));

function pinch(before, now, other) {
  const { left, top } = canvas.getBoundingClientRect();
  const apart = point => Math.hypot(point[0] - other[0], point[1] - other[1]);
  zoomAt((now[0] + other[0]) / 2 - left, (now[1] + other[1]) / 2 - top, apart(now) / apart(before));
  look(camera.x + (now[0] - before[0]) / 2, camera.y + (now[1] - before[1]) / 2, camera.scale);
}
