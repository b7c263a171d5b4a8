// Elements, with text as text: what others wrote can never become markup.

type Child = Node | string | null;
const SVG = "http://www.w3.org/2000/svg";

export function html(name: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name: string, attributes: Record<string, string | number> = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(SVG, name) as SVGElement, attributes, children);
}

export function link(address: string, text: string): HTMLElement {
  return html("a", { href: address }, text);
}

function fill<T extends Element>(element: T, attributes: Record<string, string | number>, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null));
  return element;
}
