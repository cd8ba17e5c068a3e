// The buttons, the theme and the legend.

const levels = document.getElementById("levels");
const help = document.getElementById("help");
const EVERY = "every layer";

const actions = {
  "zoom-in": () => zoom(1.3),
  "zoom-out": () => zoom(1 / 1.3),
  fit,
  "open-all": () => change(() => setLevels(Infinity, true)),
  "close-all": () => change(() => setLevels(0, false)),
  theme: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  help: () => help.open ? help.close() : help.showModal(),
};

function change(how) {
  how();
  redraw();
  showBeginning();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function fillLevels() {
  const add = (value, text) => levels.append(new Option(text, value));
  const most = deepest();
  add("", "levels");
  for (let n = 0; n < most; n++) add(n, n === 0 ? "closed" : n === 1 ? "1 level" : `${n} levels`);
  add(most, "open, repeats folded");
  if (everyItem.some(item => item.kind === "repeat")) add(EVERY, EVERY);
}

// The choice that gives what is shown, if one does.
function showLevels() {
  const groups = everyItem.filter(item => item.items && item.parent);
  const looks = [...levels.options].map(option => option.value).filter(Boolean);
  const agrees = value => groups.every(item => {
    const isOpen = value === EVERY || item.path.split(".").length <= Number(value);
    const isFolded = around(item).some(at => at.kind === "repeat" && !at.unfolded);
    return isFolded || (item.open === isOpen && (item.kind !== "repeat" || !item.open || item.unfolded === (value === EVERY)));
  });
  levels.value = looks.find(agrees) ?? "";
}

function showLegend() {
  const legend = document.getElementById("legend");
  for (const [size, stage] of data.sizes) {
    const entry = html("span", size, "entry");
    entry.prepend(html("i", "", `swatch stage${stage}`));
    legend.append(entry);
  }
  for (const [kind, meaning] of Object.entries(data.kinds)) {
    const entry = html("span", meaning, "entry");
    const sample = svg("svg", { width: 28, height: 8 }, svg("path", { d: "M0 4H28", class: `line ${kind}` }));
    entry.prepend(sample);
    legend.append(entry);
  }
  legend.hidden = !legend.childElementCount;
}

for (const button of document.querySelectorAll("[data-do]"))
  button.addEventListener("click", () => actions[button.dataset.do]());

levels.addEventListener("change", () => {
  if (!levels.value) return;
  const isEvery = levels.value === EVERY;
  change(() => setLevels(isEvery ? Infinity : Number(levels.value), isEvery));
});

for (const name of ["shapes", "params"]) {
  const choice = document.getElementById(name);
  choice.checked = view[name];
  choice.addEventListener("change", () => change(() => { view[name] = choice.checked; }));
}
