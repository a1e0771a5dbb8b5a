// Drawings made by hand, element by element: what they show enters as attributes and text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; children are nodes or strings, null is skipped. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
