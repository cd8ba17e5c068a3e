// How much room words need, and the boxes that say them.

const FONT = "Helvetica, Arial, sans-serif";
const SIZE = 12, LINE = 15, PAD = 9, CIRCLE = 22, TITLE = 22, CHEVRON = 14;

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, size = SIZE, weight = "normal") {
  const key = `${weight} ${size} ${text}`;
  if (!widths.has(key)) {
    pen.font = `${weight} ${size}px ${FONT}`;
    widths.set(key, Math.ceil(pen.measureText(text).width));
  }
  return widths.get(key);
}

function linesBelow(item) {
  return item.below.filter(([, when]) => !when || view[when]).map(([line]) => line);
}

// Boxes of one network are equally wide, as in the papers; what is wider has cells side by side.
function columnWidth(network) {
  const singles = [...shown(network.root)].filter(i => i.cells?.length === 1 && !i.symbol && !body(i));
  return Math.max(90, ...singles.map(wordsWidth));
}

function wordsWidth(item) {
  const room = item.kind === "box" ? 0 : 2 * CHEVRON;
  const cell = Math.max(...item.cells.flat().map(line => widthOf(line))) + 2 * PAD + room;
  return Math.max(item.cells.length * cell, ...linesBelow(item).map(line => widthOf(line) + 2 * PAD));
}

// The size of a closed item; its spine runs at `axis`, across the way that values flow.
function sizeOf(item, column) {
  if (item.symbol) return circleSize(item);
  const below = linesBelow(item).length;
  const rows = Math.max(...item.cells.map(cell => cell.length));
  const seam = item.cells.length > 1 && below ? 6 : 0;
  const width = Math.max(column, wordsWidth(item));
  const height = (rows + below) * LINE + 10 + seam;
  return { width, height, axis: (view.horizontal ? height : width) / 2 };
}

function circleSize(item) {
  const room = item.beside ? widthOf(item.beside, SIZE - 1) + 5 : 0;
  if (!view.horizontal) return { width: room + CIRCLE, height: CIRCLE, axis: room + CIRCLE / 2 };
  const above = room ? LINE : 0;
  return { width: Math.max(CIRCLE, room), height: above + CIRCLE, axis: above + CIRCLE / 2 };
}
