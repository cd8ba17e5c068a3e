// Just enough SVG.

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function words(text, x, y, attributes = {}) {
  return svg("text", { x, y, ...attributes }, text);
}

function rect(x, y, width, height, attributes = {}) {
  return svg("rect", { x, y, width, height, rx: 6, ...attributes });
}
